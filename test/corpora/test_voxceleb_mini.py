"""VoxCeleb1's mini twin: the corpus's layout, videos that differ, the same bytes for the same seed."""

import numpy as np
import pytest
import scipy.signal
import soundfile
from checks import hashes

from audiolab.corpora.readers import RATE
from audiolab.corpora.voxceleb import VoxCelebPreparation, prepare
from audiolab.corpora.voxceleb_mini import HIGHS, LOWS, VoxCelebMini, in_the_wild, make_mini
from audiolab.datadir.datadir import DataDir

SMALL = VoxCelebMini(speakers=1, test_speakers=1, videos=2, utterances=2)


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return make_mini(tmp_path_factory.mktemp("mini") / "mini", SMALL, seed=3, nj=2)


def test_layout(mini):
    paths = sorted((mini / "wav").glob("*/*/*.wav"))
    assert len(paths) == 2 * 2 * 2
    assert {path.parts[-3] for path in paths} == {"id10001", "id10270"}
    for path in paths:
        assert path.name in ("00001.wav", "00002.wav")
        assert len(path.parent.name) == 11
        wave, rate = soundfile.read(path)
        assert (rate, wave.ndim) == (16000, 1)
        assert 2 < len(wave) / rate < 6
        assert np.abs(wave).max() < 0.97
    rows = [line.split("\t") for line in (mini / "vox1_meta.csv").read_text().splitlines()]
    assert rows[0] == ["VoxCeleb1 ID", "VGGFace1 ID", "Gender", "Nationality", "Set"]
    assert [(row[0], row[2], row[4]) for row in rows[1:]] == [
        ("id10001", "f", "dev"), ("id10270", "m", "test")
    ]  # fmt: skip


def test_data_dirs(mini, tmp_path):
    train, test = map(DataDir, prepare(mini, tmp_path / "data"))
    assert (train.speakers, test.speakers) == (["id10001"], ["id10270"])
    config = VoxCelebPreparation(split="identification")
    counts = [len(DataDir(path).utterances) for path in prepare(mini, tmp_path / "other", config)]
    assert counts == [2, 2, 4]  # of each speaker one of the first video, the other one, and all of the last video


def test_seeds(mini, tmp_path):
    assert hashes(make_mini(tmp_path / "again", SMALL, seed=3, nj=1)) == hashes(mini)
    other = hashes(make_mini(tmp_path / "other", SMALL, seed=4, nj=2))
    assert not set(other.values()) & set(hashes(mini).values())


def test_videos_have_noise_and_a_band():
    """Against a tone in noise: what is far out of the widest band is gone, the tone stays, lengths stay."""
    time = np.arange(3 * RATE) / RATE
    clean = 0.05 * np.sin(2 * np.pi * 1000 * time)
    levels = []
    for seed in range(8):
        first, second = in_the_wild([clean, clean[:RATE]], np.random.default_rng(seed))
        assert (len(first), len(second)) == (3 * RATE, RATE)
        hertz, power = scipy.signal.welch(first, RATE, nperseg=4096)
        tone = power[np.abs(hertz - 1000) < 20].max()
        assert 10 * np.log10(power[hertz < LOWS[0] / 5].max() / tone) < -40
        rest = power[(hertz > 2 * LOWS[1]) & (hertz < HIGHS[0]) & (np.abs(hertz - 1000) > 100)].sum()
        levels.append(10 * np.log10(power[np.abs(hertz - 1000) < 20].sum() / rest))
    assert max(levels) - min(levels) > 8  # dB; videos differ in how noisy they are
    assert min(levels) > 0


def test_refusals():
    for wrong in ({"speakers": 0}, {"test_speakers": 41}):
        with pytest.raises(ValueError, match="speakers must be 1 to 200, test_speakers 1 to 40"):
            VoxCelebMini(**wrong)
    for wrong in ({"videos": 1}, {"utterances": 0}):
        with pytest.raises(ValueError, match="videos must be 2 or more"):
            VoxCelebMini(**wrong)
