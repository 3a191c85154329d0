"""MUSDB18's mini twin: both layouts, the same bytes for the same seed, its song dirs, and songs that differ."""

import numpy as np
import pytest
import soundfile
from checks import hashes
from small_songs import MUSDB18

from audiolab.corpora.musdb18 import prepare
from audiolab.corpora.musdb18_layout import STEMS
from audiolab.corpora.musdb18_mini import Musdb18Mini, _plans, make_mini
from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.datadir import DataDir

LEAST = {"train": 1, "valid": 1, "test": 1, "seconds": [4.0, 4.5]}


@pytest.fixture(scope="module")
def mini(mini_corpus):
    return mini_corpus("musdb18", MUSDB18)


def test_layout(mini):
    folders = sorted(path for part in ("train", "test") for path in (mini / part).iterdir())
    assert [path.name for path in folders] == [
        "Mini Guest 00 - Test Song 00",
        "Mini Guest 01 - Test Song 01",
        "ANiMAL - Rockshow",
        "Mini Artist 00 - Train Song 00",
        "Mini Artist 00 - Train Song 01",
    ]
    for folder in folders:
        stems = {}
        for name in STEMS:
            stems[name], rate = soundfile.read(folder / f"{name}.wav", always_2d=True)
            assert (rate, stems[name].shape[1], soundfile.info(folder / f"{name}.wav").subtype) == (44100, 2, "PCM_16")
            assert np.abs(stems[name]).max() < 0.98
        assert 4 <= len(stems["mixture"]) / 44100 <= 4.5
        assert np.abs(stems["mixture"] - sum(stems[name] for name in STEMS[1:])).max() < 1e-3
    assert len(set(hashes(mini).values())) == 25


def test_song_dirs(mini, tmp_path):
    train, valid, test = (DataDir(path) for path in prepare(mini, tmp_path / "data"))
    assert [len(data.utterances) for data in (train, valid, test)] == [2, 1, 2]
    assert len(train.speakers) == 1
    vocals = read_excerpt(test.table("vocals.scp")[test.utterances[0]], 16000, channels="mix")
    assert 10 * np.log10(np.mean(vocals**2)) > -45


def test_seeds(mini, tmp_path):
    """Of fewer songs the first one is the same."""
    again = hashes(make_mini(tmp_path / "again", Musdb18Mini(**LEAST), seed=3, nj=2))
    same = {name for name, digest in hashes(mini).items() if again.get(name) == digest}
    assert same == {f"train/Mini Artist 00 - Train Song 00/{stem}.wav" for stem in STEMS}
    other = make_mini(tmp_path / "other", Musdb18Mini(**LEAST), seed=4, nj=2)
    assert not set(hashes(other).values()) & set(hashes(mini).values())


def test_files_of_streams(tmp_path):
    pytest.importorskip("av")
    sizes = Musdb18Mini(**LEAST, version="aac")
    mini = make_mini(tmp_path / "mini", sizes, seed=3, nj=2)
    assert sorted(path.name for path in mini.rglob("*.mp4")) == [
        "ANiMAL - Rockshow.stem.mp4",
        "Mini Artist 00 - Train Song 00.stem.mp4",
        "Mini Guest 00 - Test Song 00.stem.mp4",
    ]
    assert [len(DataDir(path).utterances) for path in prepare(mini, tmp_path / "data")] == [1, 1, 1]


def test_no_artist_is_in_two_sets_and_languages_differ():
    plans = list(_plans(Musdb18Mini(train=9, valid=3, test=6), 0))
    owners = {}
    for plan, part, name in plans:
        owners.setdefault(plan.singer, set()).add((part, "Mini" in name))
    assert all(len(sets) == 1 for sets in owners.values())
    assert len(owners) == 5 + 3 + 6
    assert len({plan.number for plan, _, _ in plans}) == len(plans)


def test_refusals():
    with pytest.raises(ValueError, match="valid must be 14 or less"):
        Musdb18Mini(valid=15)
    with pytest.raises(ValueError, match="test must be 1 or more"):
        Musdb18Mini(test=0)
    with pytest.raises(ValueError, match="seconds are a shortest length of 4 or more"):
        Musdb18Mini(seconds=[2.0, 5.0])
