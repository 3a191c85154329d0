# shellcheck shell=bash
# Sourced by a recipe's cmd.sh: where the jobs run. AUDIOLAB_BACKEND=local (this machine) or slurm (a cluster; say in
# conf/slurm.yaml what your site wants). Both take --mem --gpu --num-threads --max-jobs-run --pick.
case ${AUDIOLAB_BACKEND:-local} in
  local)
    export train_cmd="run.py"
    export cuda_cmd="run.py"
    ;;
  slurm)
    export train_cmd="slurm.py --config conf/slurm.yaml --mem 4G"
    export cuda_cmd="slurm.py --config conf/slurm.yaml --mem 16G"
    ;;
  *)
    echo "error: cmd.sh: AUDIOLAB_BACKEND=$AUDIOLAB_BACKEND is unknown; known are: local, slurm" >&2
    return 1
    ;;
esac
