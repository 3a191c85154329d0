"""LibriSpeech: data dirs of the corpus's own layout, as unpacked one archive beside the other, and what faults give."""

import shutil
from typing import get_args

import numpy as np
import pytest
import soundfile

from audiolab.config import from_dict, load_yaml
from audiolab.corpora.librispeech import CORPUS, LibriSpeechPreparation, Train, prepare
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

UTTERANCES = {
    "train-clean-360": ("100-121669-0000", "100-121669-0001", "1001-134707-0000", "14-208-0000"),
    "dev-clean": ("84-121123-0000", "174-50561-0000"),
    "test-clean": ("61-70968-0000", "1089-134686-0000"),
    "test-other": ("367-130732-0000",),
}


@pytest.fixture
def root(tmp_path):
    """Every subset in a folder named like its archive, as the download leaves it."""
    for subset, utterances in UTTERANCES.items():
        for number, utterance in enumerate(utterances, 1):
            speaker, chapter, _ = utterance.split("-")
            folder = tmp_path / "db" / subset / "LibriSpeech" / subset / speaker / chapter
            folder.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / f"{utterance}.flac", np.full(1600 * number, 0.1), 16000)
            with open(folder / f"{speaker}-{chapter}.trans.txt", "a") as file:
                file.write(f"{utterance} SAID {number}\n")
        speakers = "".join(f"{u.split('-')[0]:<5}| F | {subset:<17}| 25.03 | A Name\n" for u in utterances)
        path = tmp_path / "db" / subset / "LibriSpeech/SPEAKERS.TXT"
        path.write_text(f"; LibriSpeech\n;ID  |SEX| SUBSET           |MINUTES| NAME\n{speakers}")
    return tmp_path / "db"


def test_data_dirs(root, tmp_path):
    paths = prepare(root, tmp_path / "data")
    assert [path.name for path in paths] == [f"speech_source_{name}" for name in ("train", "valid", "test")]
    for path, utterances in zip(paths, UTTERANCES.values()):
        data = DataDir(path)
        assert data.table("utt2spk") == {utterance: utterance.split("-")[0] for utterance in sorted(utterances)}
        assert data.table("text") == {u: f"SAID {n}" for n, u in enumerate(utterances, 1)}
        assert {u: float(d) for u, d in data.table("utt2dur").items()} == {
            u: n / 10 for n, u in enumerate(utterances, 1)
        }
        assert set(data.table("utt2lang").values()) == {"en"}
        assert set(data.table("spk2gender").values()) == {"f"}
        assert validate(path, feats=False) == []


def test_subsets_to_train_on_may_be_chosen(root, tmp_path):
    """Of "960 hours" each subset has its part; without one of them nothing is made."""
    for subset, utterance in (("train-clean-100", "103-1240-0000"), ("train-other-500", "20-205-0000")):
        speaker, chapter, _ = utterance.split("-")
        folder = root / subset / "LibriSpeech" / subset / speaker / chapter
        folder.mkdir(parents=True)
        soundfile.write(folder / f"{utterance}.flac", np.full(1600, 0.1), 16000)
    assert len(DataDir(prepare(root, tmp_path / "plain")[0]).table("wav.scp")) == 4
    chosen = LibriSpeechPreparation(subsets=["train-clean-100", "train-clean-360", "train-other-500"])
    train, valid, _ = prepare(root, tmp_path / "all", chosen)
    assert len(DataDir(train).table("wav.scp")) == 6
    assert len(DataDir(valid).table("wav.scp")) == 2
    shutil.rmtree(root / "train-other-500")
    with pytest.raises(AudiolabError, match="no recordings of train-other-500 for speech_source_train"):
        prepare(root, tmp_path / "fewer", chosen)
    assert not (tmp_path / "fewer").exists()


def test_only_what_is_chosen_is_fetched():
    files = CORPUS.files_of(LibriSpeechPreparation())
    assert [file.folder for file in files] == ["train-clean-360", "dev-clean", "test-clean"]
    chosen = CORPUS.files_of(LibriSpeechPreparation(subsets=["train-other-500", "train-clean-100"]))
    assert {file.folder for file in chosen} == {"train-other-500", "train-clean-100", "dev-clean", "test-clean"}
    for names, said in (
        (["train-clean-36"], "did you mean 'train-clean-360'"), (["train-clean-100"] * 2, "each named once"),
        ([], "one or more, .*not none"),
    ):  # fmt: skip
        with pytest.raises(AudiolabError, match=said):
            from_dict(LibriSpeechPreparation, {"subsets": names})


def test_fewer_speakers_and_utterances(root, tmp_path):
    """Of each set; the same ones again, and a data dir knows how it was made."""
    config = LibriSpeechPreparation(max_speakers=1, max_utterances=1)
    paths = prepare(root, tmp_path / "data", config)
    for path, utterances in zip(paths, UTTERANCES.values()):
        assert len(DataDir(path).utterances) == 1
        assert set(DataDir(path).utterances) < set(utterances)
        assert load_yaml(path / "prepared.yaml")[0]["max_utterances"] == 1
        assert len((path / "spk2gender").read_text().splitlines()) == 1
        assert not any(fault.fatal for fault in validate(path, feats=False))
    more = prepare(root, tmp_path / "more", LibriSpeechPreparation(max_speakers=2, max_utterances=1))
    assert set(DataDir(paths[0]).utterances) < set(DataDir(more[0]).utterances)


def test_speakers_by_name(root, tmp_path):
    paths = prepare(root, tmp_path / "data", LibriSpeechPreparation(speakers=["100", "84", "61"]))
    assert [DataDir(path).speakers for path in paths] == [["100"], ["84"], ["61"]]
    for speakers, said in (
        (["100", "85", "61"], "--speakers: the corpus has no '85'; known are: 100, 1001"),
        (["100", "84"], "--speakers: none of them is in speech_source_test; name some of its speakers, as 1089 61"),
    ):
        with pytest.raises(AudiolabError, match=said):
            prepare(root, tmp_path / "none", LibriSpeechPreparation(speakers=speakers))
    assert not (tmp_path / "none").exists()


def test_without_texts_and_speakers(root, tmp_path):
    for path in [*root.rglob("*.txt"), *root.rglob("SPEAKERS.TXT")]:
        path.unlink()
    for path in prepare(root, tmp_path / "data"):
        assert DataDir(path).names == ["reco2header", "spk2utt", "utt2dur", "utt2lang", "utt2spk", "wav.scp"]


def test_faults(root, tmp_path):
    place = root / "dev-clean/LibriSpeech/dev-clean/84/121123"
    (place / "84-121123-0000.flac").rename(place / "85-121123-0000.flac")
    with pytest.raises(AudiolabError, match=r"85-121123-0000.flac: not <speaker>/<chapter>/<speaker>-<chapter>"):
        prepare(root, tmp_path / "data")
    shutil.rmtree(root / "dev-clean")
    with pytest.raises(AudiolabError, match="no recordings of dev-clean for speech_source_valid; expected LibriSpeech"):
        prepare(root, tmp_path / "data")
    with pytest.raises(AudiolabError, match="no such folder; --db_root is where LibriSpeech/"):
        prepare(tmp_path / "none", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_addresses():
    assert {file.folder for file in CORPUS.files} == {*get_args(Train), "dev-clean", "test-clean"}
    for file in CORPUS.files:
        assert file.url == f"https://www.openslr.org/resources/12/{file.name}"
        assert len(file.md5) == 32
