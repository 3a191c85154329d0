"""Song dirs: pieces by reference, signals that fit one another, and what is refused before anything is written."""

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora.preparation import Songs
from audiolab.corpora.song_dirs import SongRecording, prepare_songs
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate

RATE = 8000


class Config(Songs):
    corpus = "test"


def write(path, seconds, channels=2, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(len(path.name)).uniform(-0.3, 0.3, (round(seconds * rate), channels))
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return str(path)


def song(folder, name, seconds, artist="artist", **about):
    paths = [write(folder / f"{name}_{what}.wav", seconds) for what in ("mix", "voice", "a", "b")]
    return SongRecording(f"{artist}-{name}", artist, name, *paths[:2], f"{paths[2]} + {paths[3]}", folder, **about)


def test_pieces(tmp_path):
    songs = [song(tmp_path, "long", 7.5), song(tmp_path, "odd", 6.4), song(tmp_path, "short", 1.2, "z")]
    (path,) = prepare_songs(tmp_path / "data", {"train": songs}, Config(segment_seconds=3.0), nj=2)
    data = DataDir(path)
    assert validate(path, feats=False, text=False) == []
    assert data.table("segments") == {
        "artist-long-000000": "artist-long 0.0000000 3.0000000",
        "artist-long-000001": "artist-long 3.0000000 6.0000000",
        "artist-long-000002": "artist-long 6.0000000 7.5000000",
        "artist-odd-000000": "artist-odd 0.0000000 3.0000000",
        "artist-odd-000001": "artist-odd 3.0000000 6.4000000",  # a rest of 0.4 s is no piece
        "z-short-000000": "z-short 0.0000000 1.2000000",
    }
    assert data.table("utt2song")["artist-long-000002"] == "long"
    assert data.table("utt2spk")["z-short-000000"] == "z"
    assert data.table("utt2dur")["artist-odd-000001"] == "3.400000"
    assert data.table("reco2header")["artist-odd"].split()[:3] == ["51200", "8000", "2"]
    assert sorted(data.table("vocals.scp")) == ["artist-long", "artist-odd", "z-short"]
    a, b = (soundfile.read(tmp_path / f"long_{name}.wav", dtype="float32")[0] for name in "ab")
    read, rate = load_utterance(data, "artist-long-000001", table="accompaniment.scp", channels="all")
    assert rate == RATE
    assert np.allclose(read, (a + b)[3 * RATE : 6 * RATE], atol=1e-6)


def test_songs_that_are_one_piece_need_no_segments(tmp_path):
    songs = [song(tmp_path, name, 1.5, language="en", gender="f") for name in ("one", "two")]
    (path,) = prepare_songs(tmp_path / "data", {"train": songs}, Config())
    assert not DataDir(path).segmented
    assert DataDir(path).utterances == ["artist-one", "artist-two"]
    assert DataDir(path).table("utt2lang") == {"artist-one": "en", "artist-two": "en"}
    assert DataDir(path).table("spk2gender") == {"artist": "f"}
    assert (path / "prepared.yaml").read_text().startswith("corpus: test\n")


def test_what_is_taken(tmp_path):
    songs = [song(tmp_path, f"s{n}", 1.5 if n else 0.8) for n in range(5)]
    (path,) = prepare_songs(tmp_path / "data", {"train": songs}, Config(min_seconds=1.0))
    assert len(DataDir(path).utterances) == 4
    taken = {}
    for count in (1, 3):
        (path,) = prepare_songs(tmp_path / "data", {"train": songs[1:]}, Config(max_songs=count))
        taken[count] = set(DataDir(path).utterances)
    assert (len(taken[1]), len(taken[3])) == (1, 3)
    assert taken[1] < taken[3]
    with refused(r"train: no song is left of 5", tmp_path / "none"):
        prepare_songs(tmp_path / "none", {"train": songs}, Config(min_seconds=2.0))
    for bad in ({"max_songs": -1}, {"min_seconds": -1.0}, {"segment_seconds": 0.5}):
        with pytest.raises(ValueError, match=r"must be"):
            Config(**bad)


def test_signals_that_do_not_fit(tmp_path):
    one, two = song(tmp_path, "one", 1.5), song(tmp_path, "two", 1.5)
    out = tmp_path / "data"
    write(tmp_path / "two_voice.wav", 1.5, channels=1)
    with refused(r"two_voice.wav: 1 channel\(s\), expected 2", out):
        prepare_songs(out, {"train": [one, two]}, Config())
    with refused(r"one_mix.wav: 2 channel\(s\), expected 1; .* \(2 songs have faults\)", out):
        prepare_songs(out, {"train": [one, two]}, Config(), channels=1)
    write(tmp_path / "two_voice.wav", 1.5, rate=16000)
    with refused(r"two_voice.wav: 24000 samples at 16000 Hz, the mixture has 12000 at 8000 Hz", out):
        prepare_songs(out, {"train": [one, two]}, Config(), slack_seconds=10)
    write(tmp_path / "two_voice.wav", 1.46)
    with refused(r"two_voice.wav: 11680 samples", out):
        prepare_songs(out, {"train": [one, two]}, Config(), slack_seconds=0.03)
    write(tmp_path / "two_b.wav", 1.4)
    with refused(r"two_b.wav: .* cannot be added to", out):
        prepare_songs(out, {"train": [one, two]}, Config(), slack_seconds=0.3)
    (tmp_path / "two_b.wav").unlink()
    with refused(r"two_b.wav: cannot open: No such file", out):
        prepare_songs(out, {"train": [one, two]}, Config(), slack_seconds=0.3)
    with refused(r"the same id, 'artist-one', as", out):
        prepare_songs(out, {"train": [one, song(tmp_path, "one", 1.5)]}, Config())


def test_slack(tmp_path):
    one = song(tmp_path, "one", 1.5)
    write(tmp_path / "one_voice.wav", 1.45)
    (path,) = prepare_songs(tmp_path / "data", {"train": [one]}, Config(), slack_seconds=0.1)
    data = DataDir(path)
    assert data.table("segments") == {"artist-one-000000": "artist-one 0.0000000 1.4500000"}
    for signal in ("wav.scp", "vocals.scp", "accompaniment.scp"):
        read, _ = load_utterance(data, "artist-one-000000", table=signal, channels="all")
        assert read.shape == (11600, 2)
