"""utils/stages.sh: which stages run, and what is said when one fails."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from background import hear_signals
from calls import wait_for

UTILS = Path(__file__).parents[2] / "utils"
SCRIPT = f"""#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"
stage=download
stop_stage=train
nj=4
tag=
list=false
dry_run=false
. {UTILS}/parse_options.sh
. {UTILS}/stages.sh
set=test
stages="-1:download 0:data
  1:train"
before_stages() {{ for name in data download train; do will_run $name && echo $name || true; done >before; }}
stage_download() {{ touch download; nj=1000; }}
stage_data() {{ echo "${{nj}}" >data; for _ in 1 2; do echo twice; done; }}
sets=(train "my test")
stage_train() {{
  for set in "${{sets[@]}}"; do echo "$set" >/dev/null; done
  if [[ $tag == broken ]]; then cat nosuch | wc -l >lines; fi
  touch train
}}
RUN
echo end
"""
MADE = {"before", "download", "data", "train"}


@pytest.fixture
def recipe(tmp_path):
    def run(*args, call='run_stages "$@"'):
        (tmp_path / "run.sh").write_text(SCRIPT.replace("RUN", call))
        return subprocess.run(["bash", "./run.sh", *args], cwd=tmp_path, capture_output=True, text=True, timeout=10)

    return run


def made(folder):
    return {path.name for path in folder.iterdir()} - {"run.sh"}


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        ([], MADE),
        (["--stage", "data"], MADE - {"download"}),
        (["--stage", "0", "--stop_stage", "data"], {"before", "data"}),
        (["--stop_stage", "-1"], {"before", "download"}),
    ],
)
def test_from_stage_to_stop_stage(recipe, tmp_path, args, wanted):
    """And what is to be checked before them knows which they are."""
    done = recipe(*args)
    assert {"before", *(tmp_path / "before").read_text().split()} == wanted
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == wanted
    assert done.stdout.endswith("end\n")
    for line in ("### stage 0 (data), 2", "### stage 0 (data) done in "):
        assert (line in done.stdout) == ("data" in wanted)


def test_stages_do_not_leak_variables(recipe, tmp_path):
    recipe()
    assert (tmp_path / "data").read_text() == "4\n"


def test_failure_stops_and_says_how_to_go_on(recipe, tmp_path):
    done = recipe("--stage", "data", "--tag", "broken", "--nj=2")
    assert done.returncode == 1
    assert "train" not in made(tmp_path)
    assert "end" not in done.stdout
    message, command = done.stderr.splitlines()[-2:]
    assert "stage 1 (train) failed with status 1" in message
    assert command == "  ./run.sh --tag broken --nj=2 --stage train"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_that_runs_and_it_says_how_to_go_on(recipe, tmp_path, number):
    """Sent to the script alone, as a scheduler does: jobs get it too, and have the time to save what they have."""
    job = (
        f"import signal, time\nsignal.signal({int(number)}, lambda *_: (time.sleep(0.3), open('saved', 'x'), exit(1)))"
    )
    (tmp_path / "job.py").write_text(f"{job}\nopen('begun', 'x')\ntime.sleep(30)\n")
    call = f'stage_data() {{ {sys.executable} job.py | cat; touch went_on; }}\nrun_stages "$@"'
    recipe("--list=true", call=call)  # writes run.sh
    script = subprocess.Popen(
        ["bash", "./run.sh", "--nj=2"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        preexec_fn=hear_signals,
    )  # fmt: skip
    wait_for((tmp_path / "begun").exists)
    script.send_signal(number)
    told = script.communicate(timeout=10)[1]
    assert script.returncode == -number
    wanted = ["run.sh: stage 0 (data) was interrupted; go on with", "  ./run.sh --nj=2 --stage data"]
    assert told.splitlines()[-2:] == wanted
    assert made(tmp_path) == {"before", "download", "begun", "saved", "job.py"}


def test_a_signal_while_commands_come_and_go_ends_the_stage(recipe, tmp_path):
    """bash by itself goes on where Ctrl-C comes while a command is about to end."""
    recipe("--list=true", call='stage_data() { while :; do touch begun; done; }\nrun_stages "$@"')
    script = subprocess.Popen(
        ["bash", "./run.sh"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        preexec_fn=hear_signals,
    )  # fmt: skip
    wait_for((tmp_path / "begun").exists)
    script.send_signal(signal.SIGINT)
    assert "was interrupted" in script.communicate(timeout=10)[1]
    (tmp_path / "begun").unlink()
    time.sleep(0.1)
    assert not (tmp_path / "begun").exists()


def test_before_each_stage(recipe, tmp_path):
    call = 'before_stage() { echo "$nj" >>seen; nj=7; }\nrun_stages "$@"'
    assert recipe(call=call).returncode == 0
    assert (tmp_path / "seen").read_text() == "4\n" * 3
    assert (tmp_path / "data").read_text() == "7\n"
    done = recipe(call="before_stage() { return 3; }\nrun_stages")
    assert done.returncode == 3
    assert "stage -1 (download) failed with status 3" in done.stderr


@pytest.mark.parametrize("call", ["if run_stages; then :; fi", "run_stages || true"])
def test_refused_where_bash_would_ignore_failures(recipe, tmp_path, call):
    done = recipe("--tag", "broken", call=call)
    assert done.returncode == 1
    assert "bash ignores set -e" in done.stderr
    assert made(tmp_path) == set()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--stage", "dta"], "--stage: unknown stage 'dta' (numbers are -1 to 1); did you mean 'data'?"),
        (
            ["--stop_stage", "7"],
            "--stop_stage: unknown stage '7' (numbers are -1 to 1); known are: download",
        ),
        (["--stage", "train", "--stop_stage", "0"], "nothing to run"),
        (["data", "--nj", "2"], "'data' is no option; options are --name value"),
    ],
)
def test_refusals(recipe, tmp_path, args, message):
    done = recipe(*args)
    assert done.returncode == 1
    assert message in done.stderr
    assert made(tmp_path) == set()


def test_a_stage_without_function_is_refused_before_any_runs(recipe, tmp_path):
    done = recipe(call='stages="-1:download 0:nosuch"; run_stages')
    assert done.returncode == 1
    assert "there is no function stage_nosuch" in done.stderr
    assert made(tmp_path) == set()


def test_list(recipe, tmp_path):
    assert recipe("--list").stdout == " -1  download\n  0  data\n  1  train\nend\n"
    assert made(tmp_path) == set()


def test_dry_run_shows_commands_and_values_and_writes_nothing(recipe, tmp_path):
    done = recipe("--dry_run", "true", "--stage", "data", "--nj", "8")
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == set()
    assert "download" not in done.stdout
    assert '    echo "${nj}" > data;\n' in done.stdout
    assert "    # nj=8\n" in done.stdout
    assert "### stage 1 (train) would run\n" in done.stdout
    assert "    # sets=train my\\ test\n" in done.stdout
    assert "# set=" not in done.stdout
