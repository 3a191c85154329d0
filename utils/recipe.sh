# shellcheck shell=bash
# Sourced by a recipe's run.sh behind parse_options.sh and stages.sh: what all recipes do alike.
# Reads nj, train_jobs, ngpu, num_nodes, seed and verbose; sets nj and train_jobs where they are 0, cores and mini_dir.

: "${nj:?}" "${train_jobs:?}" "${ngpu:?}" "${num_nodes:?}" "${seed:?}" "${verbose:?}"
for _name in nj train_jobs ngpu num_nodes seed; do
  [[ ${!_name} =~ ^[0-9]+$ ]] || { echo "error: --$_name ${!_name}: give a whole number, not negative" >&2 && exit 1; }
done
for _name in eval_sentences dev_sentences max_steps judged; do # may be empty, or not of this recipe
  [[ ${!_name-} =~ ^[0-9]*$ ]] || { echo "error: --$_name ${!_name}: give a whole number, not negative" >&2 && exit 1; }
done
for _name in stage stop_stage corpus train_config infer_config ablation_configs snrs; do # those that the recipe has
  [[ -n ${!_name-none} ]] || { echo "error: --$_name is empty: give a value, or leave the option out" >&2 && exit 1; }
done
cores=$(OMP_NUM_THREADS="" nproc) # which otherwise means what this variable says
if ((nj == 0)); then nj=$cores; fi
if ((train_jobs == 0)); then train_jobs=$((ngpu > 0 ? 1 : cores)); fi
# shellcheck disable=SC2034 # the recipe's
mini_dir=downloads/mini # where the mini corpora are, of each seed its own
if ((seed != 0)); then mini_dir+=_s$seed; fi
shared_dirs=() # folders that this run reads and may make, which other experiments may read too; the recipe sets them

# job_variable VALUE …: prints a name that stands in none of the values, for what is a job's number in a call of run.py
job_variable() {
  local name=JOB
  while [[ "$*" == *"$name"* ]]; do name+=_; done
  echo "$name"
}

# values_are PATTERN WHAT NAME …: fails unless the value of each of these options has this form
values_are() {
  local name
  for name in "${@:3}"; do
    if [[ ! ${!name} =~ ^($1)$ ]]; then
      if [[ ${!name} == *" "* ]]; then printf -v "$name" "'%s'" "${!name}"; fi
      echo "error: --$name ${!name}: give $2" >&2 && exit 1
    fi
  done
}

before_stages() {
  # shellcheck disable=SC1091 # the recipe's own
  . ./path.sh
  # shellcheck disable=SC1091
  . ./cmd.sh
  if ((verbose > 1)); then set -x; fi
  if ((num_nodes > 1)) && [[ ${cuda_cmd:?is set by cmd.sh} == run.py* ]]; then
    echo "error: --num_nodes $num_nodes: run.py knows this machine only; set AUDIOLAB_BACKEND=slurm" >&2 && exit 1
  fi
  if declare -F check_options >/dev/null; then check_options; fi # the recipe's own
}

# Before each stage, until its end: nobody else may make what this run reads, nor be in this experiment at all.
before_stage() {
  local dir
  for dir in "${shared_dirs[@]}"; do
    if [[ -d $dir ]]; then lock --shared "$dir"; fi
  done
  if [[ -d ${expdir:?} ]]; then lock --exclusive "$expdir"; fi
}

declare -A _locks=() # folder -> the descriptor of its lock
_no_locks=false      # whether it was said that there are none

# lock --shared|--exclusive DIR: holds DIR until the stage ends, or fails at once where another run.sh holds it. Where
# locks do not work, that is said, and the stage goes on.
lock() {
  local status=0 told descriptor
  if [[ ! -v _locks[$2] ]]; then
    mkdir -p "$2/.stamp"
    exec {descriptor}>>"$2/.stamp/lock"
    _locks[$2]=$descriptor
  fi
  told=$(flock --nonblock --conflict-exit-code 200 "$1" "${_locks[$2]}" 2>&1) || status=$?
  if ((status == 200)); then
    echo "error: ${0##*/}: another run.sh is at work on $2; wait for its end, or give another --tag or --dataset" >&2
    exit 1
  fi
  if ((status != 0)) && [[ $_no_locks == false ]]; then
    echo "${0##*/}: warning: $2 cannot be locked ($told): do not start a second run.sh on it" >&2
    _no_locks=true
  fi
}

# run VERB …: python -m audiolab.bin.VERB …
run() { python3 -m "audiolab.bin.$1" "${@:2}"; }

# run_rows TABLE LOG: runs all rows of a plan's table that may run at the same time, --nj jobs of some rows each; LOG has
# ${job} in it
run_rows() {
  local rows=$(($(wc -l <"$1") - 1)) jobs
  jobs=$((nj < rows ? nj : rows))
  ${train_cmd:?is set by cmd.sh} --max-jobs-run "$nj" "${job:?}=1:$jobs" "$2" \
    python3 -m audiolab.bin.plan run "$1" "$job" --step "$jobs"
}

# made_by DIR NAME NUMBER …: fails unless stage NUMBER (NAME) has made DIR of what is there now
made_by() {
  local stage="$3 ($2)"
  if [[ $3 == *\ * ]]; then stage=$3; fi # given as "NUMBER (STAGE)", for a stage of several stamps
  run stamp check "$1" "$2" --made_by "stage $stage" "${@:4}"
}

# begin DIR NAME [--inputs PATH …] [--options KEY=VALUE …]: stage NAME is about to make DIR of these inputs; its stamp
# is withdrawn, and DIR locked
begin() {
  lock --exclusive "$1"
  run stamp begin "$@"
}

# commit DIR NAME [--inputs PATH …]: stage NAME has made DIR, of these inputs too; its stamp is written
commit() { run stamp commit "$@"; }
