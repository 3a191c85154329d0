"""LJSpeech: its data dirs with the corpus's ids, and what faults give."""

import logging

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.ljspeech import CORPUS, LJSpeechPreparation, prepare
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

FEW = LJSpeechPreparation(dev_utterances=2, test_utterances=3)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "db/LJSpeech-1.1"
    (folder / "wavs").mkdir(parents=True)
    lines = []
    for number in range(1, 13):
        soundfile.write(folder / f"wavs/LJ001-{number:04d}.wav", np.full(2205 * number, 0.1), 22050)
        lines.append(f"LJ001-{number:04d}|No. {number}|Number {number}")
    (folder / "metadata.csv").write_text("\n".join([*lines, "LJ001-0013|not there|not there\n"]))
    return tmp_path / "db"


def test_data_dirs(root, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    train, dev, test = map(DataDir, prepare(root, tmp_path / "data", FEW))
    assert [len(data.utterances) for data in (train, dev, test)] == [7, 2, 3]
    assert sorted({*train.utterances, *dev.utterances, *test.utterances}) == [f"LJ001-{n:04d}" for n in range(1, 13)]
    for utterance in train.utterances:
        assert train.table("text")[utterance] == f"Number {int(utterance[-4:])}"
        assert float(train.table("utt2dur")[utterance]) == pytest.approx(int(utterance[-4:]) / 10)
    assert train.table("spk2gender") == {"LJ": "f"}
    assert set(train.table("utt2lang").values()) == {"en-us"}
    assert not any(fault.fatal for fault in validate(train.path, feats=False))  # it warns of one speaker
    assert "lines without a recording: 1, as of 'LJ001-0013'" in caplog.text
    (folder,) = root.iterdir()  # the corpus's own folder does as well
    assert DataDir(prepare(folder, tmp_path / "more", FEW)[0]).utterances == train.utterances


FAULTS = {
    "nothing": (lambda folder: (folder / "metadata.csv").unlink(), "db: 0 files metadata.csv, not one; exp"),
    "two": (
        lambda folder: (folder / "wavs/metadata.csv").write_text("a|b\n"), "db: 2 files metadata.csv, not one",
    ),
    "no audio": (lambda folder: (folder / "wavs").rename(folder / "flac"), "no recordings with a text in wavs/"),
    "another corpus": (
        lambda folder: (folder / "wavs/LJ001-0001.wav").rename(folder / "wavs/a.wav")
        and (folder / "metadata.csv").write_text("a|b\n"),
        r"wavs/a\.wav: 'a' does not begin with LJ",
    ),
    "broken": (lambda folder: (folder / "wavs/LJ001-0001.wav").write_text("no"), r"LJ001-0001\.wav: .*no audio"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(root, tmp_path, fault):
    damage, message = FAULTS[fault]
    damage(root / "LJSpeech-1.1")
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data", FEW)


def test_too_few_and_no_folder(root, tmp_path):
    with refused("ljspeech: LJ has 12 different sentences, and 200 are to be kept out", tmp_path / "data"):
        prepare(root, tmp_path / "data")
    with refused("none: no such folder; --db_root is where LJSpeech-1.1/metadata.csv", tmp_path / "data"):
        prepare(tmp_path / "none", tmp_path / "data")


def test_what_is_fetched():
    (file,) = CORPUS.files
    assert (len(file.sha256), file.size, file.folder) == (64, 2748572632, "LJSpeech-1.1")
