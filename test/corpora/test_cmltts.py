"""CML-TTS: its tables as one, speakers and languages chosen, and what faults give."""

import logging
from collections import Counter

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.cmltts import CORPUS, CmlTtsPreparation, prepare
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

HEADER = "wav_filename|wav_filesize|transcript|transcript_wav2vec|levenshtein|duration|num_words|client_id"
FEW = {"dev_utterances": 2, "test_utterances": 2}
ROOT = "cml_tts_dataset_portuguese_v0.1"


def table(folder, part, speakers):
    lines = [HEADER]
    for speaker, count in speakers.items():
        for number in range(count):
            name = f"{part}/audio/{speaker}/9/{speaker}_9_{number:06d}.wav"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / name, np.full(2400 * (number + 1), 0.1), 24000)
            lines.append(f'{name}|1|O "número"  {number} de {speaker}|x|1.0|1.0|4|{speaker}')
    (folder / f"{part}.csv").write_text("\n".join([*lines, ""]))


@pytest.fixture
def root(tmp_path):
    table(tmp_path / "db" / ROOT, "train", {"305": 12, "3050": 7})
    table(tmp_path / "db" / ROOT, "dev", {"77": 3})
    table(tmp_path / "db/cml_tts_dataset_polish_v0.1", "train", {"11": 8})
    return tmp_path / "db"


def test_data_dirs(root, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    train, dev, test = map(DataDir, prepare(root, tmp_path / "data", CmlTtsPreparation(**FEW), nj=2))
    assert [Counter(data.table("utt2spk").values()) for data in (train, dev, test)] == [
        {"305": 8, "3050": 3}, {"305": 2, "3050": 2}, {"305": 2, "3050": 2}
    ]  # fmt: skip
    assert validate(train.path, feats=False) == []
    assert set(train.table("utt2lang").values()) == {"pt-br"}
    for utterance in train.utterances:
        speaker, number = utterance.split("-")[0], int(utterance[-6:])
        assert train.table("text")[utterance] == f'O "número" {number} de {speaker}'
        assert float(train.table("utt2dur")[utterance]) == pytest.approx((number + 1) / 10)
    assert not train.has("spk2gender")
    assert "left out: speakers of fewer than 5 sentences: 1, as 77" in caplog.text


def test_choices(root, tmp_path):
    config = CmlTtsPreparation(speakers=["3050"], gender="f", train_utterances=2, **FEW)
    train = DataDir(prepare(root, tmp_path / "data", config)[0])
    assert train.table("spk2gender") == {"3050": "f"}
    assert len(train.utterances) == 2
    train = DataDir(prepare(root, tmp_path / "all", CmlTtsPreparation(languages=[], **FEW))[0])
    assert set(train.table("utt2lang").values()) == {"pt-br", "pl"}
    for wrong, told in (
        ({"speakers": ["3"]}, "--speakers: .* no '3'"),
        ({"languages": ["pt"]}, "--languages: .* no 'pt'"),
    ):
        with refused(told, tmp_path / "none"):
            prepare(root, tmp_path / "none", CmlTtsPreparation(**FEW, **wrong))
    with refused("cmltts: 77 has 3 different sentences, and 4 are to be kept out", tmp_path / "none"):
        prepare(root, tmp_path / "none", CmlTtsPreparation(speakers=["77"], **FEW))


def test_lines_without_a_recording_are_left_out(root, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    (root / ROOT / "train/audio/305/9/305_9_000003.wav").unlink()
    train, *_ = map(DataDir, prepare(root, tmp_path / "data", CmlTtsPreparation(**FEW)))
    assert Counter(train.table("utt2spk").values())["305"] == 7
    assert (
        "train.csv: left out: lines without a recording: 1, as of 'train/audio/305/9/305_9_000003.wav'" in caplog.text
    )


FAULTS = {
    "nothing": (lambda root: [p.unlink() for p in root.rglob("*.csv")], "db: no tables of texts; expected cml_tts_"),
    "language": (
        lambda root: (root / ROOT).rename(root / "cml_tts_dataset_klingon_v0.1"),
        r"klingon_v0\.1/(dev|train)\.csv: no language of CML-TTS",
    ),
    "header": (lambda root: (root / ROOT / "train.csv").write_text("a|b\n"), r"train\.csv:1: no column wav_filename"),
    "row": (lambda root: (root / ROOT / "train.csv").write_text(f"{HEADER}\na|b\n"), r"train\.csv:2: not 8 columns"),
    "text": (
        lambda root: (root / ROOT / "train.csv").write_text(f"{HEADER}\na|1| |x|1|1|1|3\n"), r"train\.csv:2: not 8",
    ),
    "broken": (
        lambda root: (root / ROOT / "train/audio/305/9/305_9_000003.wav").write_text("no"), r"train\.csv:5: .*no audio",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(root, tmp_path, fault):
    damage, message = FAULTS[fault]
    damage(root)
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data", CmlTtsPreparation(**FEW))


def test_what_is_fetched():
    assert [file.folder for file in CORPUS.files_of(CmlTtsPreparation())] == [ROOT]
    assert len(CORPUS.files_of(CmlTtsPreparation(languages=[]))) == 7
    assert all(len(file.md5) == 32 for file in CORPUS.files)
