"""TTS-Portuguese: its data dirs, lines that contradict each other, and what faults give."""

import logging

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.ttsportuguese import CORPUS, TtsPortuguesePreparation, prepare
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

FEW = TtsPortuguesePreparation(dev_utterances=2, test_utterances=3)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "db/TTS-Portuguese-Corpus"
    (folder / "wavs").mkdir(parents=True)
    lines = []
    for number in range(13):
        soundfile.write(folder / f"wavs/sample-{number}.wav", np.full(4800 * (number + 1), 0.1), 48000)
        lines.append(f"wavs/sample-{number}.wav==O número  {number} = x.")
    (folder / "texts.csv").write_text("\n".join([*lines, lines[1], "", "wavs/sample-0.wav==Outro.\n"]))
    return tmp_path / "db"


def test_data_dirs(root, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    train, dev, test = map(DataDir, prepare(root, tmp_path / "data", FEW))
    assert [len(data.utterances) for data in (train, dev, test)] == [7, 2, 3]
    every = {*train.utterances, *dev.utterances, *test.utterances}
    assert every == {f"edresson-sample_{number}" for number in range(1, 13)}
    for utterance in train.utterances:
        number = int(utterance.split("_")[1])
        assert train.table("text")[utterance] == f"O número {number} = x."
        assert float(train.table("utt2dur")[utterance]) == pytest.approx((number + 1) / 10)
    assert train.table("spk2gender") == {"edresson": "m"}
    assert set(train.table("utt2lang").values()) == {"pt-br"}
    assert not any(fault.fatal for fault in validate(train.path, feats=False))  # it warns of one speaker
    assert "left out: listed with different texts: 1, as 'sample-0'" in caplog.text


FAULTS = {
    "nothing": (
        lambda folder: (folder / "texts.csv").unlink(),
        "db: 0 files texts.csv, not one; expected TTS-Portuguese",
    ),
    "no audio": (lambda folder: (folder / "wavs").rename(folder / "w"), "no recordings with a text in wavs/"),
    "row": (lambda folder: (folder / "texts.csv").write_text("wavs/a.wav|a\n"), r"texts\.csv:1: not wavs/<name>"),
    "text": (lambda folder: (folder / "texts.csv").write_text("wavs/a.wav== \n"), r"texts\.csv:1: not wavs/<name>"),
    "broken": (lambda folder: (folder / "wavs/sample-2.wav").write_text("no"), r"sample-2\.wav: .*no audio"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(root, tmp_path, fault):
    damage, message = FAULTS[fault]
    damage(root / "TTS-Portuguese-Corpus")
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data", FEW)


def test_what_is_fetched():
    (file,) = CORPUS.files
    assert file.folder == "TTS-Portuguese-Corpus"
    assert file.url.endswith("dl=1")
