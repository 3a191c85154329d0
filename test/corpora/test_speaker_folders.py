"""Folders of speakers: formats, ids, texts, channels, and what is refused; synthetic ones."""

import numpy as np
import pytest
import soundfile
from checks import hashes, refused

from audiolab.corpora.speaker_folders import SpeakerFoldersPreparation, prepare
from audiolab.corpora.speaker_folders_mini import SpeakerFoldersMini, make_mini
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate


def write(path, channels=1, level=0.2):
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = np.random.default_rng(0).uniform(-level, level, (4800, channels)) / np.arange(1, channels + 1)
    soundfile.write(path, wave, 16000)


@pytest.fixture
def root(tmp_path):
    for place in ("anna/1.wav", "anna/talk one/2.MP3", "Ben B/a.ogg", "Ben B/b.aiff", "Ben B/c.flac"):
        write(tmp_path / "db" / place)
    (tmp_path / "db/Ben B/notes.pdf").touch()
    return tmp_path / "db"


def test_any_format_in_any_depth(root, tmp_path):
    (path,) = prepare(root, tmp_path / "data")
    data = DataDir(path)
    assert path == tmp_path / "data/speakers"
    assert data.table("utt2spk") == {
        "Ben_B-a": "Ben_B", "Ben_B-b": "Ben_B", "Ben_B-c": "Ben_B", "anna-1": "anna", "anna-talk_one_2": "anna"
    }  # fmt: skip
    assert data.names == ["reco2header", "spk2utt", "utt2dur", "utt2spk", "wav.scp"]
    assert [fault for fault in validate(path, feats=False, text=False) if fault.fatal] == []


def test_texts_beside_them(root, tmp_path):
    for path in root.rglob("*.*"):
        path.with_suffix(".txt").write_text(f"  says {path.stem}\n")
    assert DataDir(prepare(root, tmp_path / "data")[0]).table("text")["anna-talk_one_2"] == "says 2"


def test_one_of_several_channels(root, tmp_path):
    write(root / "anna/stereo.wav", channels=2)
    with refused(r"stereo\.wav: 2 channels where one is wanted", tmp_path / "data"):
        prepare(root, tmp_path / "data")
    for name in ("1.wav", "talk one/2.MP3"):
        (root / "anna" / name).unlink()
    config = SpeakerFoldersPreparation(channel=1, speakers=["anna"])
    data = DataDir(prepare(root, tmp_path / "data", config)[0])
    wave, _ = load_utterance(data, "anna-stereo")
    assert np.abs(wave).max() == pytest.approx(0.1, abs=0.002)
    with pytest.raises(ValueError, match="channel must be 0 or more"):
        SpeakerFoldersPreparation(channel=-1)


def test_refusals(root, tmp_path):
    out = tmp_path / "data"
    with refused("none: no such folder; expected <speaker>/<name>", out):
        prepare(tmp_path / "none", out)
    (tmp_path / "empty").mkdir()
    with refused("empty: no recording; expected", out):
        prepare(tmp_path / "empty", out)
    write(root / "alone.wav")
    with refused(r"alone\.wav: lies in no speaker's folder", out):
        prepare(root, out)
    (root / "alone.wav").unlink()
    write(root / "Ben_B/d.wav")
    with refused("Ben_B: 'Ben_B' would have the id 'Ben_B', which 'Ben B' of .* has", out):
        prepare(root, out)
    (root / "Ben_B/d.wav").unlink()
    write(root / "anna/1.flac")
    with refused("the same id, 'anna-1', as", out):
        prepare(root, out)
    (root / "anna/1.flac").unlink()
    write(root / "anna/3.wav", level=0)
    with refused(r"3\.wav: silent", out):
        prepare(root, out)


def test_mini(tmp_path):
    sizes = SpeakerFoldersMini(speakers=1, utterances=4)
    mini = make_mini(tmp_path / "mini", sizes)
    names = [path.name for path in sorted((mini / "target1").iterdir())]
    assert names == ["speech_01.wav", "speech_02.flac", "speech_03.mp3", "speech_04.wav"]
    assert len(DataDir(prepare(mini, tmp_path / "data")[0]).utterances) == 4
    assert hashes(make_mini(tmp_path / "again", sizes)) == hashes(mini)
    assert (tmp_path / "again/target1/speech_03.mp3").read_bytes() == (mini / "target1/speech_03.mp3").read_bytes()
    with pytest.raises(ValueError, match="speakers must be 1 to 20"):
        SpeakerFoldersMini(speakers=21)
