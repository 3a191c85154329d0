import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiolab.datadir.datadir import DataDir, write_data_dir

UTILS = Path(__file__).parents[2] / "utils"


def run(script, *args, stdin=""):
    command = [sys.executable, str(UTILS / script), *map(str, args)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    soundfile.write("a.wav", np.random.default_rng(0).uniform(-0.5, 0.5, 8000), 8000)
    utt2spk = {f"s{s}-{u}": f"s{s}" for s in range(3) for u in range(2)}
    tables = {"utt2spk": utt2spk, "wav.scp": dict.fromkeys(utt2spk, "a.wav"), "text": dict.fromkeys(utt2spk, "x")}
    return write_data_dir("data", tables)


def test_validating_prints_all_faults_then_a_summary(data):
    done = run("validate_data_dir.py", "--no-feats", "data")
    assert (done.returncode, done.stdout) == (0, "data: valid, 0 warnings\n")
    (data.path / "text").write_text((data.path / "text").read_text().replace("x", "#0"))
    done = run("validate_data_dir.py", "data")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("data/feats.scp: no such file")
    assert done.stdout.splitlines()[6] == "data/text:6: the reserved word #0"
    assert done.stderr == "error: data: 7 faults, 0 warnings; not a valid data dir\n"
    assert "did you mean '--no-feats'" in run("validate_data_dir.py", "--no-feat", "data").stderr


def test_fixing_then_validating(data):
    (data.path / "text").write_text("s1-0 b\ns0-0 a\n")
    assert run("fix_data_dir.py", "data").returncode == 0
    assert DataDir("data").utterances == ["s0-0", "s1-0"]
    assert run("validate_data_dir.py", "--no-feats", "data").returncode == 0


def test_splitting_combining_and_copying(data):
    assert run("split_data.py", "data", 3).returncode == 0
    assert run("split_data.py", "--per-utt", "data", 6).returncode == 0
    assert sorted(path.name for path in data.path.glob("split*")) == ["split3", "split6utt"]
    done = run("split_data.py", "data", 4)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "use 3 jobs at most" in done.stderr
    parts = [data.path / "split3" / str(job) for job in (3, 1, 2)]
    assert run("combine_data.py", "whole", *parts).returncode == 0
    assert DataDir("whole").tables == data.tables
    assert run("copy_data_dir.py", "--utt-prefix", "p-", "--spk-prefix=p-", "data", "copy").returncode == 0
    assert DataDir("copy").speakers == ["p-s0", "p-s1", "p-s2"]


@pytest.mark.parametrize(
    ("options", "number", "wanted"),
    [
        (["--first"], 2, ["s0-0", "s0-1"]),
        (["--last"], 1, ["s2-1"]),
        (["--per-spk"], 1, ["s0-0", "s1-0", "s2-0"]),
        ([], 3, ["s1-0", "s1-1", "s2-1"]),
    ],
)
def test_subsets(data, options, number, wanted):
    assert run("subset_data_dir.py", *options, "data", number, "part").returncode == 0
    assert DataDir("part").utterances == wanted


def test_subsets_by_list_and_by_speaker(data):
    Path("list").write_text("s1\nnobody\n")
    assert run("subset_data_dir.py", "--spk-list", "list", "data", "part").returncode == 0
    assert DataDir("part").utterances == ["s1-0", "s1-1"]
    assert run("subset_data_dir.py", "--speakers", "data", "3", "part").returncode == 0
    assert len(DataDir("part").speakers) == 2
    assert "SOURCE NUMBER DESTINATION" in run("subset_data_dir.py", "data", "part").stderr
    assert "not 'x'" in run("subset_data_dir.py", "data", "x", "part").stderr


def test_split_scp(data):
    Path("in").write_text("1\n2\n3\n4\n5\n6\n7\n")
    assert run("split_scp.py", "in", "o1", "o2", "o3").returncode == 0
    assert [Path(f"o{i}").read_text().split() for i in (1, 2, 3)] == [["1", "2", "3"], ["4", "5"], ["6", "7"]]
    assert run("split_scp.py", "-j", "3", "1", "in").stdout == "4\n5\n"
    assert run("split_scp.py", "-j", "3", "3", "--one-based", "in").stdout == "6\n7\n"
    assert run("split_scp.py", "-j", "3", "3", "in").returncode == 1
    assert "use 7 jobs at most" in run("split_scp.py", "in", *(f"o{i}" for i in range(8))).stderr
    scp = data.path / "wav.scp"
    assert run("split_scp.py", "--utt2spk=data/utt2spk", scp, "o1", "o2").returncode == 0
    assert Path("o1").read_text() + Path("o2").read_text() == scp.read_text()
    assert len(Path("o1").read_text().split("\n")) % 2 == 1


def test_filter_scp(data):
    Path("list").write_text("s0-1 whatever\ns2-0\n")
    done = run("filter_scp.py", "list", data.path / "utt2spk")
    assert done.stdout == "s0-1 s0\ns2-0 s2\n"
    text = (data.path / "utt2spk").read_text()
    assert run("filter_scp.py", "--exclude", "list", stdin=text).stdout.count("\n") == 4
    Path("list").write_text("s1\n")
    assert run("filter_scp.py", "-f", "2", "list", stdin=text).stdout == "s1-0 s1\ns1-1 s1\n"
    assert run("filter_scp.py", "-f", "3", "list", stdin=text).stderr.startswith("error: -:1: 2 fields")


def test_speaker_maps(data):
    done = run("utt2spk_to_spk2utt.py", "data/utt2spk")
    assert done.stdout == (data.path / "spk2utt").read_text()
    assert run("spk2utt_to_utt2spk.py", stdin=done.stdout).stdout == (data.path / "utt2spk").read_text()
