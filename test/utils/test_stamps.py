"""utils/stamps.sh: what stages stand on is checked, and what they make is stamped, where a recipe says it."""

import fcntl
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from calls import wait_for

UTILS = Path(__file__).parents[2] / "utils"
SCRIPT = f"""#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"
stage=data
stop_stage=train
rate=16
steps=3
broken=
list=false
dry_run=false
. {UTILS}/parse_options.sh
. {UTILS}/stages.sh
stages="0:data 1:train"
needs="train:data,data_more"
stamp_data() {{ stamp data data --inputs corpus --options "rate=$rate"; }}
stamp_data_more() {{ stamp more data_more --options "rate=$rate"; }}
stamp_train() {{ stamp exp train --inputs data exp/jobs --options "steps=$steps"; }}
stage_data() {{
  [[ $broken != data ]]
  echo "$rate" >data/table
  python3 -m audiolab.bin.stamp write more data_more --options "rate=$rate"
  read_too=(data/table)
}}
list_train() {{ [[ $broken != list ]] && echo "$steps" >exp/jobs; }}
stage_train() {{ [[ $broken != train ]] && cp exp/jobs exp/model; }}
RUN
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Call a recipe of two stages, of which the second needs two things of the first."""
    monkeypatch.chdir(tmp_path)
    Path("corpus").mkdir()

    def run(*args, call='run_stages "$@"'):
        Path("run.sh").write_text(SCRIPT.replace("RUN", call))
        return subprocess.run(["bash", "./run.sh", *args], capture_output=True, text=True, timeout=60)

    return run


def told(done):
    """Return the first error of a call that failed."""
    assert done.returncode == 1
    return next(line for line in done.stderr.splitlines() if line.startswith("error: "))


def stamps():
    return {str(path) for path in Path().rglob(".stamp/*") if path.name != "lock"}


def test_stages_stamp_what_they_made_of_what(recipe):
    assert recipe().returncode == 0
    assert stamps() == {"data/.stamp/data.json", "more/.stamp/data_more.json", "exp/.stamp/train.json"}
    data = json.loads(Path("data/.stamp/data.json").read_text())
    assert (set(data["inputs"]), data["options"]) == ({"corpus", "data/table"}, {"rate": "16"})
    train = json.loads(Path("exp/.stamp/train.json").read_text())
    assert (set(train["inputs"]), train["options"]) == ({"data", "exp/jobs"}, {"steps": "3"})


def test_what_a_stage_needs_is_asked_for_by_number_and_name(recipe):
    assert told(recipe("--stage", "train")) == "error: data was never made: run stage 0 (data) first"
    assert not Path("exp").exists()
    recipe("--stop_stage", "data")
    Path("more/.stamp/data_more.json").unlink()
    assert told(recipe("--stage", "train")).startswith("error: more ")
    recipe("--stop_stage", "data")
    Path("corpus/wave").write_text("x")
    older = "error: data was made from an older corpus: run stage 0 (data) again"
    assert told(recipe("--stage", "train")) == older


def test_other_options_are_refused_before_anything_is_changed(recipe):
    recipe()
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert told(recipe("--stage", "train", "--rate", "8", "--steps", "4")) == (
        "error: data was made with rate=16, not rate=8: run stage 0 (data) again, or give what it was made with"
    )
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("broken", "left"), [("data", "data/.stamp/data.begun"), ("train", "exp/.stamp/train.begun"), ("list", None)]
)
def test_what_fails_has_no_stamp_but_where_nothing_was_begun(recipe, broken, left):
    """A list that cannot be made leaves the stage's earlier stamp."""
    recipe()
    before = stamps()
    assert recipe("--broken", broken).returncode == 1
    assert stamps() == (before if left is None else before - {left.replace(".begun", ".json")} | {left})
    if broken == "data":
        assert told(recipe("--stage", "train")) == "error: data was begun and is not whole: run stage 0 (data) again"


def test_what_is_to_be_run_first_is_all_that_is_advised(recipe):
    """Not, too, to go on with the stage that cannot run."""
    done = recipe("--stage", "train")
    assert "run stage 0 (data) first" in told(done)
    assert "go on with" not in done.stderr
    recipe()
    assert "go on with\n  ./run.sh --broken train --stage train" in recipe("--broken", "train").stderr


def test_what_another_one_makes_is_left_alone(recipe):
    recipe()
    before = stamps()
    with open("exp/.stamp/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert "another run.sh is at work on exp; wait for its end" in told(recipe("--steps", "4"))
    assert Path("exp/jobs").read_text() == "3\n"
    assert stamps() == before


def test_a_stage_goes_on_without_its_run_sh_and_is_left_alone(recipe):
    """SIGKILL of the script and its process group does not reach the stage, which has a group of its own."""
    call = (
        'stage_train() { touch begun; until [[ -e go ]]; do sleep 0.02; done; cp exp/jobs exp/model; }; run_stages "$@"'
    )
    recipe("--stop_stage", "data", call=call)
    script = subprocess.Popen(["bash", "./run.sh", "--stage", "train"], start_new_session=True)
    wait_for(Path("begun").exists)
    os.killpg(script.pid, signal.SIGKILL)
    script.wait()
    assert "another run.sh is at work on exp; wait for its end" in told(recipe("--stage", "train", call=call))
    Path("go").touch()
    wait_for(Path("exp/.stamp/train.json").exists)
    assert Path("exp/model").read_text() == "3\n"
    assert recipe(call=call).returncode == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("needs=train:dat; run_stages", "needs: there is no function stamp_dat"),
        ("needs=trian:data; run_stages", "needs: there is no stage 'trian'"),
    ],
)
def test_needs_that_are_none_are_refused_before_any_stage(recipe, call, message):
    assert told(recipe(call=call)) == f"error: run.sh: {message}"
    assert stamps() == set()


def test_dry_run_shows_what_a_stage_stands_on_and_makes(recipe):
    shown = recipe("--dry_run", "true", "--stage", "train").stdout
    assert shown.startswith("### stage 1 (train) would run\n    # needs data data_more\n    stamp exp train --inputs ")
    assert "    # steps=3\n" in shown
    assert stamps() == set()
