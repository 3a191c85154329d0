"""What all commands share: how a signal ends them, and where libraries keep what they compile."""

import argparse
import os
import signal
import subprocess
import sys

import pytest
from background import hear_signals

from audiolab import cli
from audiolab.errors import AudiolabError

WRITER = """
import sys, time
from audiolab import cli
from audiolab.datadir.audiowrite import audio_writer
from audiolab.files import atomic_write

def main():
    with atomic_write("a.txt") as file, audio_writer("b.wav", 16000, 1):
        file.write("half")
        print("begun", flush=True)
        time.sleep(30)

cli.run(main)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_no_half_written_file(tmp_path, number):
    (tmp_path / "a.txt").write_text("before")
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER], cwd=tmp_path, stdout=subprocess.PIPE, text=True, preexec_fn=hear_signals
    )
    assert process.stdout.readline() == "begun\n"
    assert len(list(tmp_path.iterdir())) == 3
    process.send_signal(number)
    assert process.wait(timeout=10) == 128 + number
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "before"


STUBBORN = """
import time
from audiolab import cli

def main():
    try:
        print("begun", flush=True)
        time.sleep(30)
    finally:
        print("goes on", flush=True)
        time.sleep(30)

cli.run(main)
"""


def test_a_second_sigterm_ends_what_does_not_end_by_the_first(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    for line in ("begun\n", "goes on\n"):
        assert process.stdout.readline() == line
        process.terminate()
    assert process.wait(timeout=10) == -signal.SIGTERM


CACHES = """
import os
from audiolab import cli

def main():
    import numba

    @numba.njit(cache=True)
    def double(x):
        return 2 * x

    print(double(21), os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("MPLCONFIGDIR"))

cli.run(main)
"""


@pytest.mark.parametrize("writable", [True, False])
def test_numba_runs_where_neither_home_nor_the_packages_can_be_written(tmp_path, writable):
    """A file that nobody may write beside, as in a venv of somebody else's: numba by itself raises there."""
    script = tmp_path / "script.py"
    script.write_text(CACHES)
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    home = tmp_path / "home" if writable else "/proc/nosuch"
    (tmp_path / "__pycache__").write_text("")  # in the way of numba's own folder beside the file
    environment = {**os.environ, "HOME": str(home), "TMPDIR": str(tmp_path / "tmp")}
    for name in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR"):
        environment.pop(name, None)
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder = f"{tmp_path}/tmp/audiolab-{os.getuid()}"
    assert done.stdout.split() == ["42", *(["None"] * 2 if writable else [f"{folder}/numba", f"{folder}/matplotlib"])]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (cli.positive, {"1": 1, "20": 20}, ["0", "-1", "1.5", "", "x"]),
        (cli.count, {"0": 0, "7": 7}, ["-1", "1.0", "nan", " "]),
        (cli.above_zero, {"0.5": 0.5, "1e3": 1000.0}, ["0", "-1", "inf", "nan", "x"]),
        (cli.at_least_zero, {"0": 0.0, "2.5": 2.5}, ["-0.1", "inf", "nan", ""]),
        (cli.within(float, -1, 1), {"-1": -1.0, "0.3": 0.3}, ["1.01", "nan", "-inf", "x"]),
        (cli.within(int, 1, 3), {"1": 1, "3": 3}, ["0", "4", "2.5"]),
    ],
)
def test_numbers_are_in_range_or_refused(kind, good, bad):
    assert {text: kind(text) for text in good} == good
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError, match=f"^'{text}' is no "):
            kind(text)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--modle", "x"], "prog: unknown argument '--modle'; did you mean '--model'?"),
        (["--modle=x", "--out", "y"], "prog: unknown argument '--modle'; did you mean '--model'?"),
        (["--out", "y"], "prog: the following arguments are required: --model (see --help)"),
        (["--model", "x", "--otu", "y"], "prog: unknown argument '--otu'; did you mean '--out'?"),
    ],
)
def test_a_mistyped_option_is_told_before_what_is_missing_for_it(words, told):
    parser = cli.ArgumentParser(prog="prog")
    parser.add_argument("--model", required=True)
    parser.add_argument("--out")
    with pytest.raises(AudiolabError) as caught:
        parser.parse_args(words)
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("out", "limit", "told"),
    [("/dev/full", "unlimited", "No space left on device"), ("out.txt", "0", "File too large")],
)
def test_no_room_for_what_is_printed_is_one_line(tmp_path, out, limit, told):
    script = f'ulimit -f {limit}; exec "$0" -c "from audiolab import cli; cli.run(lambda: print(1))" >{out}'
    done = subprocess.run(["bash", "-c", script, sys.executable], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot write standard output, or temporary files in ")
    assert done.stderr.endswith(f": {told}\n")
