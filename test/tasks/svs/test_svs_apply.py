"""Song dirs through a separator: what is written, from which table, in jobs, and what is refused."""

import sys

import numpy as np
import pytest
import soundfile
from separator_folder import make_run
from song_folder import RATE, make_songs, noises

from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir import parts
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.inference import load
from audiolab.tasks.svs.apply import separate_songs


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load(make_run(tmp_path_factory.mktemp("model") / "run"))


@pytest.fixture(scope="module")
def waves():
    return noises(3)


@pytest.fixture(scope="module")
def songs(tmp_path_factory, waves):
    """Songs of 2.5 s in pieces of 1 s, the last ones shorter; two recordings are of one song."""
    names = {f"s{song}-{piece}": "first" if song < 2 else "second" for song in range(3) for piece in range(3)}
    return DataDir(make_songs(tmp_path_factory.mktemp("songs") / "set", waves, utt2song=names))


def piece_of(waves, name):
    """Return source -> samples of a piece ``<song>-<n>``."""
    song, number = name.split("-")
    return {source: of[int(number) * RATE :][:RATE] for source, of in waves[song].items()}


def centred(wave):
    return wave - wave.mean()


@pytest.mark.parametrize("inputs", ["mixture", "tracks"])
def test_estimates_are_a_song_dir_again(tmp_path, model, songs, waves, inputs):
    """Of each piece by itself, from the mixture, or each source from its own track."""
    found = separate_songs(model, songs, tmp_path / "out", inputs)
    assert [fault for fault in validate(found.path, feats=False, text=False) if fault.fatal] == []
    assert found.utterances == songs.utterances
    assert soundfile.info(found.table("vocals.scp")["s0-0"]).subtype == "FLOAT"
    assert not found.has("segments")
    assert found.table("utt2spk") == songs.table("utt2spk")
    assert found.table("utt2song") == songs.table("utt2song")
    assert set(found.table("utt2clipped").values()) == {"0"}
    made, shares = StemDir(found.path), {"vocals": 0.75, "accompaniment": 0.25}
    assert made.songs == 6 * ["first"] + 3 * ["second"]
    for number, name in enumerate(found.utterances):
        given = piece_of(waves, name)
        for source in SOURCES:
            wave = sum(given.values()) if inputs == "mixture" else given[source]
            assert made.lengths[number] == len(wave)
            np.testing.assert_allclose(made.read(number, source), shares[source] * centred(wave), atol=1e-6)
            assert found.table(f"{source}.scp")[name] == f"{tmp_path}/out/wav/{name}.{source}.wav"
        mixture, _ = load_utterance(found, name)
        both = [made.read(number, source) for source in SOURCES]
        np.testing.assert_allclose(mixture, both[0] + both[1], atol=1e-7)


def test_whole_songs_in_stereo_at_another_rate(tmp_path, model):
    """They keep both; tracks are mixed to one channel. Without utt2song a recording is a song."""
    time = np.arange(44100)[:, None] / 44100
    wave = 0.2 * np.sin(2 * np.pi * np.array([440, 800]) * time)
    soundfile.write(tmp_path / "a.wav", wave, 44100, "FLOAT")
    tables = {"wav.scp": {"a": str(tmp_path / "a.wav")}, "utt2spk": {"a-1": "x"}, "utt2lang": {"a-1": "de"}}
    songs = write_data_dir(tmp_path / "set", tables | {"segments": {"a-1": "a 0.25 1.0"}})
    found = separate_songs(model, songs, tmp_path / "out", "mixture")
    assert found.table("utt2song") == {"a-1": "a"}
    assert found.table("utt2lang") == {"a-1": "de"}
    vocals, rate = soundfile.read(tmp_path / "out" / "wav" / "a-1.vocals.wav")
    assert (rate, vocals.shape) == (44100, (33075, 2))
    assert np.abs(vocals - 0.75 * wave[11025:])[4000:-4000].max() < 1e-3
    with pytest.raises(AudiolabError, match=r"set: no vocals\.scp, which --inputs tracks reads; name a dir that has"):
        separate_songs(model, songs, tmp_path / "other", "tracks")
    both = {f"{source}.scp": tables["wav.scp"] for source in SOURCES}
    songs = write_data_dir(tmp_path / "tracks", tables | both | {"utt2spk": {"a": "x"}, "utt2lang": {"a": "de"}})
    separate_songs(model, songs, tmp_path / "out", "tracks")
    accompaniment, rate = soundfile.read(tmp_path / "out" / "wav" / "a.accompaniment.wav")
    assert (rate, accompaniment.shape) == (44100, (44100,))
    assert np.abs(accompaniment - 0.25 * wave.mean(1))[4000:-4000].max() < 1e-3


def test_jobs_make_what_one_call_makes(tmp_path, model, songs):
    separate_songs(model, songs, tmp_path / "one", "tracks")
    for job in (2, 1):
        part = parts.Part(job, 2)
        with part.making(tmp_path / "two", {"inputs": "tracks"}):
            separate_songs(model, songs, tmp_path / "two", "tracks", part)
    found = parts.join(tmp_path / "two", 2, {"inputs": "tracks"})
    assert found.utterances == songs.utterances
    one = {path.name: path.read_bytes() for path in (tmp_path / "one" / "wav").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "two" / "wav").iterdir()} == one
    for name in ("utt2spk", "utt2song", "utt2clipped"):
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_estimates_may_pass_full_scale(tmp_path, songs, waves):
    loud = load(make_run(tmp_path / "run", 8.0, 0.5))
    found = separate_songs(loud, songs, tmp_path / "out", "mixture")
    wave = centred(sum(piece_of(waves, "s1-2").values()))
    assert np.abs(8 * wave).max() > 1.5
    np.testing.assert_allclose(StemDir(found.path).read(5, "vocals"), 8 * wave, atol=1e-5)


def test_what_cannot_be_is_told(tmp_path, model, waves):
    songs = DataDir(make_songs(tmp_path / "set", waves))
    for out in (tmp_path / "set", tmp_path / "set" / "out", tmp_path):
        with pytest.raises(AudiolabError, match="would be written over"):
            separate_songs(model, songs, out, "mixture")
    broken = tmp_path / "set" / "wav" / "s1.vocals.wav"
    broken.write_bytes(broken.read_bytes()[:-5000])
    for inputs, table in (("mixture", "wav"), ("tracks", "vocals")):
        with pytest.raises(AudiolabError, match=rf"set/{table}\.scp: s1-.*s1\.vocals\.wav: .*") as caught:
            separate_songs(model, songs, tmp_path / "out", inputs)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "wav.scp").exists()


def test_what_a_network_breaks_is_told_with_the_piece(tmp_path, songs):
    broken = load(make_run(tmp_path / "run"))
    broken._separator.network.last.bias.fill_(np.nan)
    with pytest.raises(AudiolabError, match=r"set/wav\.scp: s0-0: the model makes NaN"):
        separate_songs(broken, songs, tmp_path / "out", "mixture")


def test_the_command(tmp_path, monkeypatch, songs):
    from audiolab.bin import apply as command

    words = ["--model", make_run(tmp_path / "run"), "--data", songs.path, "--out", tmp_path / "out"]
    monkeypatch.setattr(sys, "argv", ["apply", "svs", *map(str, words), "--inputs", "tracks"])
    command.main()
    assert DataDir(tmp_path / "out").utterances == songs.utterances
