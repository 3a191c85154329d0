"""The mini twin of WHAM!'s noises: the corpus's layout, the same bytes for the same seed, and its data dirs."""

import re

import numpy as np
import pytest
import soundfile
from checks import hashes

from audiolab.corpora import wham_mini
from audiolab.corpora.wham import prepare
from audiolab.corpora.wham_mini import WhamMini, make_mini
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

SMALL = WhamMini(train=3, valid=1, test=2, seconds=[2.0, 3.0])


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return make_mini(tmp_path_factory.mktemp("mini") / "mini", SMALL, seed=3, nj=2)


def test_layout(mini):
    assert [path.name for path in mini.iterdir() if path.is_dir()] == ["wham_noise"]
    for name, count in (("tr", 3), ("cv", 1), ("tt", 2)):
        paths = sorted((mini / "wham_noise" / name).iterdir())
        assert len(paths) == count
        for path in paths:
            assert re.fullmatch(r"\w+_[\d.]+_\w+_-[\d.]+\.wav", path.name)  # 40na010x_1.9857_01xo031a_-1.9857.wav
            samples, rate = soundfile.read(path, always_2d=True)
            assert (rate, samples.shape[1], soundfile.info(path).subtype) == (16000, 2, "PCM_16")
            assert 2 <= len(samples) / rate <= 3
            assert np.abs(samples).max() < 0.91
            assert -37 < 10 * np.log10(np.mean(samples**2)) < -23
    assert len(set(hashes(mini).values())) == 6


def test_data_dirs(mini, tmp_path):
    for path, count in zip(prepare(mini, tmp_path / "data"), (3, 1, 2)):
        assert len(DataDir(path).utterances) == count
        assert [fault for fault in validate(path, feats=False, text=False) if fault.fatal] == []


def test_seeds(mini, tmp_path):
    assert hashes(make_mini(tmp_path / "again", SMALL, seed=3, nj=1)) == hashes(mini)
    other = make_mini(tmp_path / "other", SMALL, seed=4, nj=2)
    assert not set(hashes(other).values()) & set(hashes(mini).values())


def test_sets_share_neither_voice_nor_sentence(monkeypatch):
    spoken = []
    monkeypatch.setattr(wham_mini, "read_aloud", lambda speaker, texts, seed: spoken.append((speaker.voice, texts)))
    for number in range(3):
        wham_mini._crowd(number, 0, 1)
    talkers = len(spoken) // 3
    crowds = [spoken[first : first + talkers] for first in (0, talkers, 2 * talkers)]
    assert min(map(len, crowds)) >= 6
    for of in (lambda voice, texts: {voice}, lambda voice, texts: set(texts)):
        used = [set().union(*(of(*talker) for talker in crowd)) for crowd in crowds]
        assert not used[0] & used[1]
        assert not used[0] & used[2]
        assert not used[1] & used[2]


def test_refusals():
    with pytest.raises(ValueError, match="train, valid and test must be 1 or more"):
        WhamMini(test=0)
    with pytest.raises(ValueError, match="seconds are a shortest length of 2 or more and a longest"):
        WhamMini(seconds=[1.0, 3.0])
