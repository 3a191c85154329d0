# shellcheck shell=bash
# Sourced by a recipe's run.sh behind parse_options.sh and stages.sh: what all recipes do alike.
# Reads nj, train_jobs, ngpu, num_nodes, seed and verbose; sets nj and train_jobs where they are 0, cores and mini_dir.

: "${nj:?}" "${train_jobs:?}" "${ngpu:?}" "${num_nodes:?}" "${seed:?}" "${verbose:?}"
for _name in nj train_jobs ngpu num_nodes seed; do
  [[ ${!_name} =~ ^[0-9]+$ ]] || { echo "error: --$_name ${!_name}: give a whole number, not negative" >&2 && exit 1; }
done
cores=$(OMP_NUM_THREADS="" nproc) # which otherwise means what this variable says
if ((nj == 0)); then nj=$cores; fi
if ((train_jobs == 0)); then train_jobs=$((ngpu > 0 ? 1 : cores)); fi
# shellcheck disable=SC2034 # the recipe's
mini_dir=downloads/mini # where the mini corpora are, of each seed its own
if ((seed != 0)); then mini_dir+=_s$seed; fi

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

# run VERB …: python -m audiolab.bin.VERB …
run() { python3 -m "audiolab.bin.$1" "${@:2}"; }

# made_by DIR NAME NUMBER …: fails unless stage NUMBER (NAME) has made DIR of what is there now
made_by() { run stamp check "$1" "$2" --made_by "stage $3 ($2)" "${@:4}"; }
