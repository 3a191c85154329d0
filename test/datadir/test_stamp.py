import json
import os
import subprocess
import sys

import pytest

from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.stamp import check_stamp, fingerprint, write_stamp
from audiolab.errors import AudiolabError


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Three folders, each made from the one before and, the second, from a config."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus/a").mkdir(parents=True)
    (tmp_path / "corpus/a/1.wav").write_bytes(b"1234")
    (tmp_path / "f.yaml").write_text("order: 3\n")
    make_all()
    return tmp_path


def make_all():
    write_data_dir("data", {"utt2spk": {"a": "a"}})
    write_stamp("data", "data", ["corpus"])
    write_stamp("dump", "features", ["data", "f.yaml"], {"rate": "16000"})
    write_stamp("exp", "train", ["dump"])


def test_what_is_fresh_passes_and_holds_no_times(recipe):
    before = (recipe / "exp/.stamp/train.json").read_bytes()
    check_stamp("exp", "train")
    for path in (recipe / "corpus/a/1.wav", recipe / "f.yaml"):
        os.utime(path, (1, 1))
    make_all()
    assert (recipe / "exp/.stamp/train.json").read_bytes() == before
    stamp = json.loads((recipe / "dump/.stamp/features.json").read_text())
    assert stamp["stage"] == "features"
    assert stamp["options"] == {"rate": "16000"}
    assert stamp["inputs"].keys() == {"data", "f.yaml"}


def test_what_was_never_made(recipe):
    with pytest.raises(AudiolabError, match=r"^dump2 was never made: run stage 1 \(features\) first$"):
        check_stamp("dump2", "features", "stage 1 (features)")


def test_a_changed_config_is_told(recipe):
    (recipe / "f.yaml").write_text("order: 4\n")
    with pytest.raises(AudiolabError, match=r"^dump was made from an older f.yaml: run stage 1 \(features\) again$"):
        check_stamp("dump", "features", "stage 1 (features)")
    with pytest.raises(AudiolabError, match=r"^dump was made from an older f.yaml: run stage 'features' again$"):
        check_stamp("exp", "train")


def test_a_change_of_what_a_config_stands_on_is_told(recipe):
    (recipe / "conf").mkdir()
    for name, text in {"a": "base: b.yaml\norder: 1\n", "b": "base: conf/c.yaml\n", "conf/c": "rate: 16000\n"}.items():
        (recipe / f"{name}.yaml").write_text(text)
    write_stamp("exp", "train", ["a.yaml"])
    check_stamp("exp", "train")
    (recipe / "conf/c.yaml").write_text("rate: 22050\n")
    with pytest.raises(AudiolabError, match=r"^exp was made from an older a.yaml: run stage 'train' again$"):
        check_stamp("exp", "train")


def test_what_was_made_again_makes_the_rest_stale(recipe):
    (recipe / "corpus/a/2.wav").write_bytes(b"5")
    with pytest.raises(AudiolabError, match=r"^data was made from an older corpus: run stage 'data' again$"):
        check_stamp("exp", "train")
    write_stamp("data", "data", ["corpus"])
    with pytest.raises(AudiolabError, match=r"^dump was made from an older data: run stage 'features' again$"):
        check_stamp("exp", "train")


def test_other_options_are_told_and_a_deleted_corpus_is_not(recipe):
    check_stamp("dump", "features", options={"rate": 16000})
    with pytest.raises(AudiolabError, match="dump was made with rate=16000, not rate=8000"):
        check_stamp("dump", "features", options={"rate": "8000"})
    (recipe / "corpus/a/1.wav").unlink()
    (recipe / "corpus/a").rmdir()
    (recipe / "corpus").rmdir()
    check_stamp("exp", "train")
    with pytest.raises(AudiolabError, match="corpus: this input of the stage is missing"):
        write_stamp("data", "data", ["corpus"])


def test_a_data_dir_without_stamps_counts_by_its_contents(tmp_path):
    write_data_dir(tmp_path, {"utt2spk": {"a": "a"}, "text": {"a": "x"}})
    before = fingerprint(tmp_path)
    (tmp_path / "text").write_text("a y\n")
    assert fingerprint(tmp_path) != before
    write_data_dir(tmp_path, {"text": {"a": "x"}})
    assert fingerprint(tmp_path) == before


def test_a_broken_stamp_is_told(recipe):
    (recipe / "dump/.stamp/features.json").write_text("{")
    with pytest.raises(AudiolabError, match=r"features.json: broken stamp"):
        check_stamp("dump", "features")


def test_the_command(recipe):
    def run(*args):
        return subprocess.run([sys.executable, "-m", "audiolab.bin.stamp", *args], capture_output=True, text=True)

    assert run("write", "new", "s", "--inputs", "f.yaml", "dump", "--options", "a=1").returncode == 0
    assert run("check", "new", "s", "--options", "a=1").returncode == 0
    (recipe / "f.yaml").write_text("order: 5\n")
    done = run("check", "new", "s", "--made_by", "stage 7 (s)")
    assert done.returncode == 1
    assert done.stderr.startswith("error: dump was made from an older f.yaml")
    assert "KEY=VALUE" in run("write", "new", "s", "--options", "a").stderr
