import json
import os
import subprocess
import sys

import pytest

from audiolab.datadir import fingerprint as fingerprints
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.fingerprint import fingerprint
from audiolab.datadir.stamp import begin_stage, check_stamp, commit_stage, is_fresh, write_stamp
from audiolab.errors import AudiolabError

CALLS = {"features": "stage 1 (features)"}


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
        check_stamp("dump2", "features", CALLS)


def test_a_changed_config_is_told(recipe):
    (recipe / "f.yaml").write_text("order: 4\n")
    with pytest.raises(AudiolabError, match=r"^dump was made from an older f.yaml: run stage 1 \(features\) again$"):
        check_stamp("dump", "features", CALLS)
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
    (recipe / "corpus/a/1.wav").write_bytes(b"12345")
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
    with pytest.raises(AudiolabError, match="corpus: there is no such file or folder"):
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


BEGUN = r"^dump was begun and is not whole: run stage 1 \(features\) again$"


def test_what_was_begun_counts_for_nothing_until_its_end(recipe):
    """Killed under another config that is put back, as a stage that had never begun would leave it."""
    (recipe / "f.yaml").write_text("order: 4\n")
    begin_stage("dump", "features", ["data", "f.yaml"], {"rate": "16000"})
    (recipe / "f.yaml").write_text("order: 3\n")
    with pytest.raises(AudiolabError, match=BEGUN):
        check_stamp("dump", "features", CALLS)
    with pytest.raises(AudiolabError, match=r"^dump was begun and is not whole: run stage 'features' again$"):
        check_stamp("exp", "train")
    with pytest.raises(AudiolabError, match=r"^f.yaml was changed while stage 'features' made dump: run it again$"):
        commit_stage("dump", "features")
    with pytest.raises(AudiolabError, match=BEGUN):
        check_stamp("dump", "features", CALLS)
    begin_stage("dump", "features", ["data", "f.yaml"], {"rate": "16000"})
    commit_stage("dump", "features")
    check_stamp("exp", "train")
    with pytest.raises(AudiolabError, match=r"dump: stage 'features' was not begun"):
        commit_stage("dump", "features")


def test_a_missing_input_withdraws_nothing(recipe):
    before = (recipe / "dump/.stamp/features.json").read_bytes()
    with pytest.raises(AudiolabError, match=r"nosuch.yaml: there is no such file or folder"):
        begin_stage("dump", "features", ["data", "nosuch.yaml"])
    assert {path.name: path.read_bytes() for path in (recipe / "dump/.stamp").iterdir()} == {"features.json": before}


def test_a_stamp_that_another_one_names_is_checked_too(recipe):
    write_stamp("dump", "stats", ["dump/.stamp/features.json"])
    write_stamp("exp", "score", ["exp/.stamp/train.json"])
    check_stamp("dump", "stats")
    (recipe / "f.yaml").write_text("order: 4\n")
    for folder, stage in (("dump", "stats"), ("exp", "score")):
        with pytest.raises(AudiolabError, match=r"^dump was made from an older f.yaml"):
            check_stamp(folder, stage)
    (recipe / "dump/.stamp/features.json").unlink()
    with pytest.raises(AudiolabError, match=r"^dump is not made so far: run stage 'features' first$"):
        check_stamp("dump", "stats")


@pytest.mark.parametrize("whole", [1 << 28, 100])
@pytest.mark.parametrize("place", [0, 30_000, 59_999])
def test_a_recording_that_was_replaced_is_told(recipe, monkeypatch, whole, place):
    """By another one of the same size and time; of many recordings, their beginnings, middles and ends count."""
    monkeypatch.setattr(fingerprints, "WHOLE", whole)
    recording = recipe / "corpus/a/1.wav"
    recording.write_bytes(bytes(60_000))
    os.utime(recording, (1, 1))
    write_data_dir("data", {"wav.scp": {"a": "corpus/a/1.wav", "b": "cat corpus/a/1.wav |"}})
    begin_stage("data", "data", ["corpus"])
    commit_stage("data", "data", ["data/wav.scp"])
    check_stamp("data", "data")
    other = bytearray(60_000)
    other[place] = 1
    recording.write_bytes(other)
    os.utime(recording, (1, 1))
    told = r"^data was made from other recordings in data/wav.scp: run stage 0 again$"
    with pytest.raises(AudiolabError, match=told):
        check_stamp("data", "data", {"data": "stage 0"})
    recording.unlink()  # as a corpus that was deleted, which a later stage needs no more
    (recipe / "corpus/a").rmdir()
    (recipe / "corpus").rmdir()
    check_stamp("data", "data")


def test_names_that_are_no_utf8_and_links(recipe):
    """A corpus may lie elsewhere, and its folders may go in circles."""
    os.makedirs(b"real/x\xff")
    (recipe / "corpus/there").symlink_to(recipe / "real")
    (recipe / "real/round").symlink_to(recipe / "corpus")
    (recipe / "real/broken").symlink_to("nosuch")
    write_stamp("data", "data", ["corpus"], {"db_root": os.fsdecode(b"x\xff")})
    check_stamp("data", "data", options={"db_root": os.fsdecode(b"x\xff")})
    with open(b"real/x\xff/2\xff.wav", "wb") as file:
        file.write(b"1")
    with pytest.raises(AudiolabError, match=r"^data was made from an older corpus"):
        check_stamp("data", "data")


def test_the_command(recipe):
    def run(*args):
        return subprocess.run([sys.executable, "-m", "audiolab.bin.stamp", *args], capture_output=True, text=True)

    assert run("begin", "new", "s", "--inputs", "f.yaml", "dump", "--options", "a=1").returncode == 0
    assert run("check", "new", "s").returncode == 1
    assert run("commit", "new", "s", "--inputs", "exp").returncode == 0
    assert json.loads((recipe / "new/.stamp/s.json").read_text())["inputs"].keys() == {"f.yaml", "dump", "exp"}
    assert run("check", "new", "s", "--options", "a=1").returncode == 0
    (recipe / "f.yaml").write_text("order: 5\n")
    done = run("check", "new", "s", "--stages", "1:features 7:s")
    assert done.returncode == 1
    assert done.stderr == "error: dump was made from an older f.yaml: run stage 1 (features) again\n"
    assert run("write", "new", "s_parts", "--inputs", "f.yaml").returncode == 0
    assert run("check", "new", "s_parts").returncode == 0
    (recipe / "f.yaml").write_text("order: 6\n")
    done = run("check", "new", "s_parts", "--stages", "7:s")
    assert done.stderr == "error: new was made from an older f.yaml: run stage 7 (s) again\n"
    assert "KEY=VALUE" in run("begin", "new", "s", "--options", "a").stderr
    assert run("commit", "new", "s", "--options", "a=1").stderr == (
        "error: stamp: --options is not for 'commit' (see --help)\n"
    )


def test_fresh_is_what_its_own_inputs_say(tmp_path):
    """A stamp among them counts by what it says; whether that is still true is for `check_stamp`."""
    (tmp_path / "a").write_text("1")
    write_stamp(tmp_path / "one", "first", [tmp_path / "a"])
    stamp = tmp_path / "one/.stamp/first.json"
    write_stamp(tmp_path / "two", "second", [stamp], {"seed": "0"})
    assert is_fresh(tmp_path / "two", "second", {"seed": "0"})
    assert not is_fresh(tmp_path / "two", "second", {"seed": "1"})
    assert not is_fresh(tmp_path / "two", "third")
    (tmp_path / "a").write_text("2")
    assert is_fresh(tmp_path / "two", "second")
    assert not is_fresh(tmp_path / "one", "first")
    begin_stage(tmp_path / "one", "first", [tmp_path / "a"])
    assert not is_fresh(tmp_path / "two", "second")
