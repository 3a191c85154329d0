"""ccMixter: the song dir of its folders, and what is refused; its mini twin."""

import sys

import numpy as np
import pytest
import soundfile
from checks import hashes, refused
from small_songs import CCMIXTER

from audiolab.corpora.ccmixter import CORPUS, CcmixterPreparation, prepare
from audiolab.corpora.ccmixter_mini import CcmixterMini, make_mini
from audiolab.datadir.audio import load_utterance, read_excerpt
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

RATE = 44100


def write_song(folder, samples=RATE):
    folder.mkdir(parents=True)
    for name, level in (("mix", 0.5), ("source-01", 0.3), ("source-02", 0.2)):
        soundfile.write(folder / f"{name}.wav", np.full((samples, 2), level), RATE)


@pytest.fixture
def root(tmp_path):
    for name in ("Alex_-_Could_Be", "Alex_-_Emerge", "jazz, in 5"):
        write_song(tmp_path / "db" / "ccmixter_corpus" / name)
    (tmp_path / "db" / "ccmixter_corpus" / "licenses.csv").touch()
    (tmp_path / "db" / "extras").mkdir()
    soundfile.write(tmp_path / "db" / "extras" / "medley.wav", np.zeros(9), RATE)
    return tmp_path / "db"


def test_song_dir(root, tmp_path):
    (path,) = prepare(root, tmp_path / "data")
    data = DataDir(path)
    assert path.name == "ccmixter_train"
    assert data.table("spk2utt") == {"Alex": "Alex-Could_Be Alex-Emerge", "jazz__in_5": "jazz__in_5"}
    assert data.table("utt2song") == {name: name for name in data.utterances}
    assert [fault for fault in validate(path, feats=False, text=False) if fault.fatal] == []
    for table, level in (("wav.scp", 0.5), ("vocals.scp", 0.2), ("accompaniment.scp", 0.3)):
        assert np.allclose(read_excerpt(data.table(table)["Alex-Emerge"], channels="all"), level, atol=1e-4)
    (path,) = prepare(root, tmp_path / "data", CcmixterPreparation(max_songs=2))
    assert len(DataDir(path).utterances) == 2


def test_refusals(root, tmp_path):
    out = tmp_path / "data"
    with refused("no such folder", out):
        prepare(tmp_path / "none", out)
    (tmp_path / "empty").mkdir()
    with refused("no song; expected <song>/", out):
        prepare(tmp_path / "empty", out)
    (root / "ccmixter_corpus/jazz, in 5/mix.flac").touch()
    with refused("jazz, in 5/mix.wav: mix.flac is there, too; leave one of them", out):
        prepare(root, out)
    (root / "ccmixter_corpus/jazz, in 5/mix.flac").unlink()
    (root / "ccmixter_corpus/jazz, in 5/source-02.wav").unlink()
    with refused(r"jazz, in 5: has no source-02 \(.wav or .flac\)", out):
        prepare(root, out)


def test_mini(mini_corpus, tmp_path):
    mini = mini_corpus("ccmixter", CCMIXTER)
    folders = sorted((mini / "ccmixter_corpus").iterdir())
    assert [sorted(path.name for path in folder.iterdir()) for folder in folders] == [
        ["mix.wav", "source-01.wav", "source-02.wav"]
    ] * 2
    (path,) = prepare(mini, tmp_path / "data")
    for name in DataDir(path).utterances:
        mix, vocals, rest = (
            load_utterance(DataDir(path), name, table=table, channels="all")[0]
            for table in ("wav.scp", "vocals.scp", "accompaniment.scp")
        )
        assert np.abs(mix - vocals - rest).max() < 1e-4
        assert 4 <= len(mix) / RATE <= 5
        assert np.std(vocals) > 0.01
    again = hashes(make_mini(tmp_path / "again", CcmixterMini(songs=1, seconds=[4.0, 5.0]), seed=3, nj=2))
    assert {name: digest for name, digest in hashes(mini).items() if name in again} == again
    assert len(again) == 3
    with pytest.raises(ValueError, match="songs must be 1 or more"):
        CcmixterMini(songs=0)


def test_mini_without_espeak(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with refused("espeak-ng is missing", tmp_path / "mini"):
        make_mini(tmp_path / "mini", CcmixterMini(songs=1), seed=3)


def test_address():
    assert [file.folder for file in CORPUS.files] == ["ccmixter_corpus"]
