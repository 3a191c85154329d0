"""``run_rows`` of utils/rows.sh: each verb of a table on the machines that its jobs need, wave after wave."""

import subprocess

import pytest

from audiolab.files import __file__ as inside

ROOT = inside.rsplit("/", 2)[0]
TABLE = "1:3 train teacher,4:9 apply labels,10:10 join labels,11:11 rank kept,12:12 train student"
SCRIPT = """
set -euo pipefail
nj=4 train_jobs=2 ngpu=0 train_cores=0 num_nodes=1 seed=0 verbose=1 expdir=exp job=JOB
train_cmd="on_cpu --mem 1G" cuda_cmd=on_gpu
eval "$1"
. "$2/utils/recipe.sh"
cores=8 beside_trainings="rank"
python3() { tr , '\\n' <<<"$table"; }
on_cpu() { echo "cpu $*"; }
on_gpu() { echo "gpu $*"; if [[ $* == *"${fails:-nothing}"* ]]; then return 1; fi; }
run_rows t.tsv ${name:-}
"""
RUN = "python3 -m audiolab.bin.plan run t.tsv JOB"


def called(setting):
    """Return the status and the lines that begin with cpu or gpu."""
    command = ["bash", "-c", SCRIPT, "rows", f"table='{TABLE}'; {setting}", ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, [line for line in done.stdout.splitlines() if line[:4] in ("cpu ", "gpu ")]


def test_without_gpus_trainings_share_the_cores():
    train = "--ngpu 0 --num_nodes 1 --trainer.threads {} --trainer.precision fp32"
    share = "gpu --gpu 0 --cores 4 --num-threads 4 --max-jobs-run 2"
    whole = share.replace("4", "8")
    assert called("true") == (0, [
        f"{share} JOB=1:3 exp/log/train.JOB.log {RUN} -- {train.format(4)}",
        f"cpu --mem 1G --max-jobs-run 4 JOB=4:7 exp/log/apply.JOB.log {RUN} --step 4 --to 9",
        f"cpu --mem 1G --max-jobs-run 4 JOB=10:10 exp/log/join.JOB.log {RUN} --step 1 --to 10",
        f"{whole} JOB=11:11 exp/log/rank.JOB.log {RUN} --",
        f"{whole} JOB=12:12 exp/log/train.JOB.log {RUN} -- {train.format(8)}",
    ])  # fmt: skip


def test_with_gpus_and_machines():
    both = "ngpu=2 num_nodes=3 infer_gpu=1 name=all"
    cores = "--cores 16 --num-threads 1 --max-jobs-run 2"
    train = "--ngpu 2 --num_nodes 3 --trainer.threads 1"
    assert called(both) == (0, [
        f"gpu --gpu 2 --nodes 3 {cores} JOB=1:3 exp/log/all.JOB.log {RUN} -- {train}",
        f"gpu --gpu 1 --max-jobs-run 4 JOB=4:7 exp/log/all.JOB.log {RUN} --step 4 --to 9 -- --device cuda",
        f"cpu --mem 1G --max-jobs-run 4 JOB=10:10 exp/log/all.JOB.log {RUN} --step 1 --to 10",
        f"gpu --gpu 1 {cores} JOB=11:11 exp/log/all.JOB.log {RUN} -- --device cuda",
        f"gpu --gpu 2 --nodes 3 {cores} JOB=12:12 exp/log/all.JOB.log {RUN} -- {train}",
    ])  # fmt: skip


@pytest.mark.parametrize(("option", "cores"), [("train_cores=6", 6), ("train_jobs=1", 8), ("train_jobs=99", 2)])
def test_cores_of_each(option, cores):
    lines = called(option)[1]
    assert f"--cores {cores} --num-threads {cores} " in lines[0]


def test_where_jobs_fail_the_next_wave_is_not_begun():
    status, lines = called("fails=JOB=1:3")
    assert (status, len(lines)) == (1, 1)
