# shellcheck shell=bash disable=SC2154 # its variables are run.sh's and recipe.sh's
# Sourced by recipe.sh: running the rows of a plan's table, wave by wave.

beside_trainings="" # verbs with --device whose jobs get cores and a GPU as trainings do; the recipe sets them

# run_rows TABLE [NAME]: runs the rows of a plan's table, those at once that may be. Trainings are a job each, --train_jobs
# at a time, with GPUs, cores and machines as the options say; so are verbs in beside_trainings, on one machine, with one
# GPU where trainings have some. All others are run in --nj jobs of some rows each, from row N on; models are applied on
# GPUs with --infer_gpu 1. Logs are $expdir/log/NAME.N.log; without NAME they have the verb's.
run_rows() {
  local arrays numbers verb phases run_array
  arrays=$(run plan arrays "$1")
  while read -r numbers verb phases <&3; do
    run_array=_run_small
    if [[ " train $beside_trainings " == *" $verb "* ]]; then
      run_array=_run_large
      echo "$(date '+%H:%M:%S') $verb: $phases; logs: $expdir/log/${2:-$verb}.N.log, N = $numbers"
    fi
    "$run_array" "$1" "$expdir/log/${2:-$verb}.$job.log" "$verb" "${numbers%:*}" "${numbers#*:}"
  done 3<<<"$arrays"
}

_run_large() { # TABLE LOG VERB FIRST LAST
  local each threads ask=() further=()
  each=$(_cores_each $(($5 - $4 + 1)))
  threads=$((ngpu > 0 ? 1 : each)) # with GPUs the cores are for what loads data
  if [[ $3 == train ]]; then
    ask=(--gpu "$ngpu" "${machines[@]}") further=(--ngpu "$ngpu" --num_nodes "$num_nodes" --trainer.threads "$threads")
    if ((ngpu == 0)); then further+=(--trainer.precision fp32); fi # few CPUs are fast in bf16
  else
    ask=(--gpu "$((ngpu > 0))")
    if ((ngpu > 0)); then further=(--device cuda); fi
  fi
  ${cuda_cmd:?is set by cmd.sh} "${ask[@]}" --cores "$each" --num-threads "$threads" --max-jobs-run "$train_jobs" \
    "$job=$4:$5" "$2" python3 -m audiolab.bin.plan run "$1" "$job" -- "${further[@]}"
}

_cores_each() { # JOBS: prints how many cores each of them gets, as many at a time as --train_jobs says
  local jobs=$(($1 < train_jobs ? $1 : train_jobs)) shared
  shared=$((ngpu > 0 ? 8 * ngpu : jobs < cores ? cores / jobs : 1))
  echo $((train_cores > 0 ? train_cores : shared))
}

_run_small() { # TABLE LOG VERB FIRST LAST
  local jobs=$(($5 - $4 + 1)) cmd=${train_cmd:?is set by cmd.sh} further=()
  jobs=$((nj < jobs ? nj : jobs))
  if [[ $3 == apply && ${infer_gpu:-0} != 0 ]]; then cmd="${cuda_cmd:?is set by cmd.sh} --gpu 1" further=(-- --device cuda); fi
  ${cmd} --max-jobs-run "$nj" "$job=$4:$(($4 + jobs - 1))" "$2" \
    python3 -m audiolab.bin.plan run "$1" "$job" --step "$jobs" --to "$5" "${further[@]}"
}
