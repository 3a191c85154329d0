"""``score`` of utils/recipe.sh: processes on this machine, jobs and a join on a cluster."""

import subprocess

import pytest

from audiolab.files import __file__ as inside

ROOT = inside.rsplit("/", 2)[0]
SCRIPT = """
set -euo pipefail
nj=3 train_jobs=1 ngpu=0 train_cores=0 num_nodes=1 seed=0 verbose=1 expdir=exp job=JOB train_cmd=$1
. "$2/utils/recipe.sh"
python3() { echo "here: $*"; }
cluster() { echo "cluster: $*"; }
score se --data d --judges "" --judged 4
"""
OPTIONS = "se --data d --judges  --judged 4 --runs exp/scored.tsv --nj 3 --out exp/scores.csv"


@pytest.mark.parametrize(
    ("train_cmd", "calls"),
    [
        ("run.py --mem 1G", [f"here: -m audiolab.bin.score {OPTIONS}"]),
        (
            "cluster --mem 1G",
            [
                f"cluster: --mem 1G JOB=1:3 exp/log/score.JOB.log python3 -m audiolab.bin.score {OPTIONS} --job JOB",
                f"here: -m audiolab.bin.score {OPTIONS} --join",
            ],
        ),
    ],
)
def test_scores_are_made_where_jobs_run(train_cmd, calls, tmp_path):
    done = subprocess.run(
        ["bash", "-c", SCRIPT, "score", train_cmd, ROOT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == calls
