# shellcheck shell=bash
# Sourced by a recipe's run.sh behind parse_options.sh and stages.sh: what all recipes do alike.
# Reads nj, train_jobs, ngpu, train_cores, num_nodes, seed and verbose; sets nj and train_jobs where they are 0, cores and
# mini_dir. How the rows of a plan's table are run stands in rows.sh.

: "${nj:?}" "${train_jobs:?}" "${ngpu:?}" "${train_cores:?}" "${num_nodes:?}" "${seed:?}" "${verbose:?}"
# shellcheck source=utils/rows.sh
. "${BASH_SOURCE[0]%/*}/rows.sh"

for _name in nj train_jobs ngpu train_cores num_nodes seed; do
  [[ ${!_name} =~ ^[0-9]+$ ]] || { echo "error: --$_name ${!_name}: give a whole number, not negative" >&2 && exit 1; }
done
for _name in eval_sentences dev_sentences judged infer_gpu job_utterances; do # may be empty, or not of this recipe
  [[ ${!_name-} =~ ^[0-9]*$ ]] || { echo "error: --$_name ${!_name}: give a whole number, not negative" >&2 && exit 1; }
done
for _name in stage stop_stage corpus train_config infer_config ablation_configs snrs; do # those that the recipe has
  [[ -n ${!_name-none} ]] || { echo "error: --$_name is empty: give a value, or leave the option out" >&2 && exit 1; }
done
if ((${infer_gpu:-0} > 1)); then echo "error: --infer_gpu $infer_gpu: give 0 or 1" >&2 && exit 1; fi
cores=$(OMP_NUM_THREADS="" nproc) # which otherwise means what this variable says
if ((nj == 0)); then nj=$cores; fi
if ((train_jobs == 0)); then train_jobs=$((ngpu > 0 ? 1 : cores)); fi
# shellcheck disable=SC2034 # the recipe's
mini_dir=downloads/mini # where the mini corpora are, of each seed its own
if ((seed != 0)); then mini_dir+=_s$seed; fi
# shellcheck disable=SC2034 # the recipe's
machines=() # what a job's launcher gets of --num_nodes
# shellcheck disable=SC2034
if ((num_nodes != 1)); then machines=(--nodes "$num_nodes"); fi
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

# at_least COUNT NAME …: fails unless the value of each of these options is a whole number, COUNT or more
at_least() {
  local name
  for name in "${@:2}"; do
    if [[ ! ${!name} =~ ^[0-9]{1,18}$ ]] || ((10#${!name} < $1)); then
      echo "error: --$name ${!name}: give a whole number, $1 or more" >&2 && exit 1
    fi
  done
}
if [[ -n ${max_steps-} ]]; then at_least 1 max_steps; fi

# take_study FOLDER: with --study NAME, begins run.sh again with FOLDER/studies/NAME.conf as a --config, which other options
# that were given go before
take_study() {
  local file=$1/studies/${study-}.conf found=()
  if [[ -z ${study-} || " ${PARSED_OPTIONS[*]} " == *" --config $file "* ]]; then return; fi
  if [[ ! -f $file ]]; then
    mapfile -t found < <(cd "$1/studies" 2>/dev/null && printf '%s\n' *.conf)
    echo "error: --study $study: there is no $file; there are: ${found[*]%.conf}" >&2 && exit 1
  fi
  exec bash "$PWD/${0##*/}" --config "$file" "${PARSED_OPTIONS[@]}"
}

# asked FOLDER: prints what the study asks, the comments on top of its file, behind a space; nothing without a study
asked() {
  if [[ -n ${study-} ]]; then sed -n 's/^# //p' "$1/studies/$study.conf" | paste -sd ' ' | sed 's/^/ /'; fi
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

# run VERB …: python -m audiolab.bin.VERB …
run() { python3 -m "audiolab.bin.$1" "${@:2}"; }

# score TASK OPTION …: scores what ${expdir}/scored.tsv lists; in --nj processes of this machine, which share what all of
# them need, or on a cluster in --nj jobs, whose scores are joined
score() {
  local options=("$@" --runs "$expdir/scored.tsv" --nj "$nj" --out "$expdir/scores.csv")
  if [[ ${train_cmd:?is set by cmd.sh} == run.py* ]]; then
    run score "${options[@]}"
  else
    ${train_cmd} "${job:?}=1:$nj" "$expdir/log/score.$job.log" python3 -m audiolab.bin.score "${options[@]}" --job "$job"
    run score "${options[@]}" --join
  fi
}
