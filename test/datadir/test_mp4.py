"""Audio streams of MP4: what was encoded comes back, stream by stream, and faults are told in one line."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiolab.datadir.mp4 import decode_mp4, encode_mp4
from audiolab.errors import AudiolabError

pytest.importorskip("av")

RATE = 44100


def tones(count, samples=60000, channels=2):
    time = np.arange(samples)[:, None] / RATE
    gains = np.array([0.4, 0.2])[:channels]
    return [(gains * np.sin(2 * np.pi * 1000 * (number + 1) * time)).astype(np.float32) for number in range(count)]


def snr(wave, found):
    inside = slice(2048, len(wave) - 2048)  # AAC spreads what begins suddenly
    return 10 * np.log10(np.sum(wave[inside] ** 2) / np.sum((found[: len(wave)] - wave)[inside] ** 2))


def test_streams_come_back_in_place(tmp_path):
    waves = tones(3)
    encode_mp4(tmp_path / "song.stem.mp4", waves, RATE)
    lengths = decode_mp4(tmp_path / "song.stem.mp4", {2: tmp_path / "c.flac", 0: tmp_path / "a.wav"})
    for number, name in ((2, "c.flac"), (0, "a.wav")):
        found, rate = soundfile.read(tmp_path / name)
        assert rate == RATE
        assert found.shape == (lengths[number], 2)
        assert 0 <= len(found) - 60000 < 1024
        assert snr(waves[number], found) > 30
        assert snr(waves[number][1:], found) < 20  # what a delay of one sample leaves
    assert not (tmp_path / "b.flac").exists()


def test_mono_and_floats(tmp_path):
    encode_mp4(tmp_path / "a.m4a", tones(1, channels=1), 16000)
    decode_mp4(tmp_path / "a.m4a", {0: tmp_path / "a.wav"}, "FLOAT")
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.channels, info.samplerate, info.subtype) == (1, 16000, "FLOAT")
    encode_mp4(tmp_path / "b.m4a", tones(1, channels=1), 16000)
    assert (tmp_path / "a.m4a").read_bytes() == (tmp_path / "b.m4a").read_bytes()


def test_faults(tmp_path, monkeypatch):
    path = tmp_path / "song.mp4"
    encode_mp4(path, tones(2), RATE)
    whole = path.read_bytes()

    def refused(message):
        with pytest.raises(AudiolabError, match=message) as caught:
            decode_mp4(path, {0: tmp_path / "out.wav", 1: tmp_path / "out2.wav"})
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out.wav").exists()

    for content in (b"", b"\0" * 1000, whole[: len(whole) // 2]):
        path.write_bytes(content)
        refused(r"song.mp4: cannot be decoded as MP4")
    encode_mp4(path, tones(1), RATE)
    refused(r"song.mp4: has 1 audio streams, and no stream 1")
    path.unlink()
    refused(r"song.mp4: cannot be decoded as MP4: .*No such file")
    monkeypatch.setitem(sys.modules, "av", None)
    refused(r"PyAV is missing, which decodes MP4: pip install av")


def test_streams_that_end_early(tmp_path):
    """A file whose index stands before the sound, as of a download that broke off."""
    av = pytest.importorskip("av")
    path = tmp_path / "fast.mp4"
    encode_mp4(tmp_path / "song.mp4", tones(1, 200000), RATE)
    with (
        av.open(str(tmp_path / "song.mp4")) as source,
        av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as copy,
    ):
        stream = copy.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    whole = path.read_bytes()
    decode_mp4(path, {0: tmp_path / "out.wav"})
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AudiolabError, match=r"fast.mp4: stream 0 ends after \d+ of \d+ samples|cannot be decoded"):
        decode_mp4(path, {0: tmp_path / "cut.wav"})
    assert not (tmp_path / "cut.wav").exists()


def test_a_file_of_native_instruments_stems(tmp_path):
    """The excerpt that the package stempeg brings: AAC by another encoder, a picture among the streams."""
    found = importlib.util.find_spec("stempeg")
    path = Path(found.origin).parent / "data" / "The Easton Ellises - Falcon 69.stem.mp4" if found else Path("none")
    if not path.is_file():
        pytest.skip("stempeg is not installed")
    lengths = decode_mp4(path, {number: tmp_path / f"{number}.wav" for number in range(5)}, "FLOAT")
    assert len(set(lengths.values())) == 1
    mixture, *stems = (soundfile.read(tmp_path / f"{number}.wav")[0] for number in range(5))
    assert mixture.shape == (lengths[0], 2)
    assert snr(mixture, sum(stems)) > 10  # the mixture was mastered
