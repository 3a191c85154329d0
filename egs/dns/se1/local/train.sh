# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: how a wave of trainings is run.

# cores_each FIRST:LAST: prints how many cores each of these jobs gets, as many at a time as --train_jobs says
cores_each() {
  local jobs=$((${1#*:} - ${1%:*} + 1)) shared
  jobs=$((jobs < train_jobs ? jobs : train_jobs))
  shared=$((ngpu > 0 ? 8 * ngpu : jobs < cores ? cores / jobs : 1))
  echo $((train_cores > 0 ? train_cores : shared))
}

# train FIRST:LAST POOLS NAMES: the trainings that may run at the same time; POOLS are those of them that need a pool of
# source mixtures, or -
train() {
  local each threads machines=() device=cpu precision=(--trainer.precision fp32)
  each=$(cores_each "$1")
  threads=$((ngpu > 0 ? 1 : each)) # with GPUs the cores are for what loads data
  if ((ngpu > 0)); then device=cuda precision=(); fi # few CPUs are fast in bf16
  if ((num_nodes != 1)); then machines=(--nodes "$num_nodes"); fi
  if [[ $2 != - ]]; then # on one machine, whatever trains
    echo "$(date '+%H:%M:%S') choosing source mixtures; logs: $expdir/log/pool.N.log, N = $2"
    ${cuda_cmd} --gpu "$((ngpu > 0))" --cores "$each" --num-threads "$threads" --max-jobs-run "$train_jobs" \
      "$job=$2" "$expdir/log/pool.$job.log" local/jobs.py pool "$expdir" "$job" --data "$data" --percent "$percent" \
      --device "$device"
  fi
  echo "$(date '+%H:%M:%S') training $3; logs: $expdir/log/train.N.log, N = $1"
  # shellcheck disable=SC2086 # a list
  ${cuda_cmd} --gpu "$ngpu" "${machines[@]}" --cores "$each" --num-threads "$threads" --max-jobs-run "$train_jobs" \
    "$job=$1" "$expdir/log/train.$job.log" local/jobs.py train "$expdir" "$job" --data "$data" -- \
    --ngpu "$ngpu" --num_nodes "$num_nodes" --trainer.threads "$threads" "${precision[@]}" $train_options
}
