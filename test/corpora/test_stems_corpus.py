"""Songs of one's own: the song dirs of their folders, and what is refused; synthetic ones."""

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.stems import StemsPreparation, prepare
from audiolab.corpora.stems_mini import StemsMini, make_mini
from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

RATE = 8000


def write_song(folder, samples=2 * RATE, ending="wav", **levels):
    folder.mkdir(parents=True)
    for name, level in ({"vocals": 0.2, "accompaniment": 0.3} | levels).items():
        soundfile.write(folder / f"{name}.{ending}", np.full((samples, 2), level), RATE)


@pytest.fixture
def root(tmp_path):
    write_song(tmp_path / "db/train/a song")
    write_song(tmp_path / "db/train/other", ending="flac", mixture=0.4)
    write_song(tmp_path / "db/test/third")
    return tmp_path / "db"


def test_song_dirs_of_the_folders_that_there_are(root, tmp_path):
    paths = prepare(root, tmp_path / "data")
    assert [path.name for path in paths] == ["stems_train", "stems_test"]
    data = DataDir(paths[0])
    assert data.utterances == ["a_song", "other"]
    assert data.table("utt2song") == data.table("utt2spk") == {"a_song": "a_song", "other": "other"}
    levels = {"wav.scp": (0.5, 0.4), "vocals.scp": (0.2, 0.2), "accompaniment.scp": (0.3, 0.3)}
    for table, expected in levels.items():
        for name, level in zip(data.utterances, expected):
            assert np.allclose(read_excerpt(data.table(table)[name], channels="all"), level, atol=1e-4)
    for path in paths:
        assert [fault for fault in validate(path, feats=False, text=False) if fault.fatal] == []
    (path, _) = prepare(root, tmp_path / "data", StemsPreparation(max_songs=1))
    assert len(DataDir(path).utterances) == 1


def test_refusals(root, tmp_path):
    out = tmp_path / "data"
    with refused("none: no song; expected {train,valid,test}/<song>/", out):
        prepare(tmp_path / "none", out)
    (root / "valid").mkdir()
    with refused("valid: no song; expected", out):
        prepare(root, out)
    (root / "valid").rmdir()
    (root / "test/third/vocals.wav").rename(root / "test/third/voice.wav")
    with refused(r"third: has no vocals \(.wav or .flac\)", out):
        prepare(root, out)
    (root / "test/third/voice.wav").rename(root / "test/third/vocals.wav")
    write_song(root / "train/a_song")
    with refused("a_song", out):
        prepare(root, out)


def test_two_files_of_one_source(root, tmp_path):
    soundfile.write(root / "train/other/vocals.wav", np.zeros((RATE, 2)), RATE)
    with refused("vocals.wav: vocals.flac is there, too; leave one of them", tmp_path / "data"):
        prepare(root, tmp_path / "data")


def test_mini(tmp_path):
    mini = make_mini(tmp_path / "mini", StemsMini(train=1, test=1, seconds=[4.0, 4.5]), seed=3, nj=1)
    paths = prepare(mini, tmp_path / "data")
    assert [DataDir(path).utterances for path in paths] == [["song_00"], ["song_01"]]
    for path in paths:
        for entry in (DataDir(path).table(table)[DataDir(path).utterances[0]] for table in ("vocals.scp", "wav.scp")):
            wave = read_excerpt(entry, channels="all")
            assert 0.01 < np.abs(wave).max() <= 1
            assert 4 <= len(wave) / 44100 <= 4.5
