# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: what is made by local/phases.yaml, and how trainings and rankings are run.

check_options() {
  local parse=()
  if [[ ! -f $expdir/.stamp/train.json ]]; then parse=(--parse); fi # else a training says it soon enough
  plan check "${parse[@]}"
}

# plan CALL [OPTION …]: audiolab.bin.plan, with what the options of run.sh ask for
plan() {
  run plan "$1" local/phases.yaml --make noisy enhanced \
    --set "exp=$expdir" "conf=$conf" "data=$data" "percent=$percent" "train_options=$train_options" \
    "nj=$nj" "job_utterances=$job_utterances" \
    --axes "method=$methods" "seed=$seeds" "set=$(evaluation_sets)" "${@:2}"
}

# cores_each FIRST:LAST: prints how many cores each of these jobs gets, as many at a time as --train_jobs says
cores_each() {
  local jobs=$((${1#*:} - ${1%:*} + 1)) shared
  jobs=$((jobs < train_jobs ? jobs : train_jobs))
  shared=$((ngpu > 0 ? 8 * ngpu : jobs < cores ? cores / jobs : 1))
  echo $((train_cores > 0 ? train_cores : shared))
}

# train_rows TABLE: runs the rows of a plan's table of trainings and rankings, those at once that may be
train_rows() {
  local arrays numbers verb names
  arrays=$(run plan arrays "$1")
  while read -r numbers verb names <&3; do train_array "$1" "$numbers" "$verb" "$names"; done 3<<<"$arrays"
}

train_array() { # TABLE FIRST:LAST VERB NAMES
  local table=$1 each threads ask=() further=()
  shift
  each=$(cores_each "$1")
  threads=$((ngpu > 0 ? 1 : each)) # with GPUs the cores are for what loads data
  if [[ $2 == train ]]; then
    ask=(--gpu "$ngpu" "${machines[@]}") further=(--ngpu "$ngpu" --num_nodes "$num_nodes" --trainer.threads "$threads")
    if ((ngpu == 0)); then further+=(--trainer.precision fp32); fi # few CPUs are fast in bf16
  else # a ranking, on one machine, whatever trains
    ask=(--gpu "$((ngpu > 0))")
    if ((ngpu > 0)); then further=(--device cuda); fi
  fi
  echo "$(date '+%H:%M:%S') $2: $3; logs: $expdir/log/$2.N.log, N = $1"
  ${cuda_cmd} "${ask[@]}" --cores "$each" --num-threads "$threads" --max-jobs-run "$train_jobs" \
    "$job=$1" "$expdir/log/$2.$job.log" \
    python3 -m audiolab.bin.plan run "$table" "$job" -- "${further[@]}"
}
