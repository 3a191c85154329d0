"""One reader for all: an excerpt is a slice of the whole recording, at any rate, wherever it is cut."""

import numpy as np
import pytest
import soundfile
import soxr

from audiolab.datadir.audio import length_at, load_utterance, read_excerpt, resample
from audiolab.datadir.datadir import write_data_dir
from audiolab.errors import AudiolabError

RATE = 16000


def noise(samples, channels=1, seed=0):
    wave = 0.1 * np.random.default_rng(seed).standard_normal((samples, channels)).astype(np.float32)
    return np.squeeze(wave)


def level_db(difference, signal):
    return 20 * np.log10(max(np.abs(difference).max(), 1e-12) / np.std(signal))


@pytest.mark.parametrize("original", [8000, 11025, 22050, 44100, 44101, 48000, 96000])
@pytest.mark.parametrize("rate", [1000, 8000, 16000, 22050])
def test_excerpts_at_another_rate_are_slices_of_the_resampled_whole(tmp_path, original, rate):
    wave = noise(2 * original + 777)
    soundfile.write(tmp_path / "a.wav", wave, original, "FLOAT")
    length = len(soxr.resample(wave, original, rate, quality="HQ"))
    assert length == length_at(len(wave), original, rate)
    whole = soxr.resample(np.pad(wave, original, "edge"), original, rate, quality="HQ")[rate : rate + length]
    drawn = np.random.default_rng(0).integers(1, length // 2, (12, 2))
    for start, count in [(0, 0), (0, 1), (0, length), (length - 5, 5), *drawn.tolist()]:
        found = read_excerpt(tmp_path / "a.wav", rate, start, count)
        assert found.shape == (count,)
        assert found.dtype == np.float32
        if count:
            assert level_db(found - whole[start : start + count], wave) < -110
    assert level_db(read_excerpt(tmp_path / "a.wav", rate) - whole, wave) < -110
    message = rf"a.wav has {length} samples at {rate} Hz, not the samples 1 to {length + 1} that are asked for"
    with pytest.raises(AudiolabError, match=message):
        read_excerpt(tmp_path / "a.wav", rate, 1, length)


def test_lengths_are_those_that_soxr_makes():
    generator = np.random.default_rng(0)
    for original, rate in ((44100, 16000), (16000, 22050), (48000, 1000), (8000, 48000), (11025, 8000), (3, 2)):
        for samples in (1, 2, 3, *generator.integers(1, 5000, 20).tolist()):
            assert length_at(samples, original, rate) == len(soxr.resample(np.zeros(samples), original, rate))


@pytest.mark.parametrize("original", [12000, 22050, 44100, 48000])
@pytest.mark.parametrize("samples", [0, 1, 2, 3000])
def test_an_offset_does_not_ring_at_the_ends(original, samples):
    """However short the signal is; each channel has its own."""
    flat = np.full((samples, 2), [0.3, -0.6], np.float32)
    for rate, signal in ((RATE, flat), (RATE, flat[:, 0]), (3 * original, flat)):
        found = resample(signal, original, rate)
        assert found.dtype == np.float32
        assert found.shape == (length_at(samples, original, rate), *signal.shape[1:])
        assert np.abs(found - signal[:1]).max(initial=0) < 1e-6


@pytest.mark.parametrize("original", [12000, 44100])
def test_a_recording_with_an_offset_is_its_sound_and_the_offset(tmp_path, original):
    """Up to its ends, in the whole and in a piece of it: a tone that comes and goes away, in closed form."""

    def sound(rate):
        time = np.arange(rate) / rate
        return 0.3 * np.sin(2 * np.pi * 200 * time) * np.sin(np.pi * time) ** 2 - 0.5

    soundfile.write(tmp_path / "a.wav", sound(original), original, "FLOAT")
    for start, samples in ((0, RATE), (0, 400), (RATE - 400, 400)):
        found = read_excerpt(tmp_path / "a.wav", RATE, start, samples)
        np.testing.assert_allclose(found, sound(RATE)[start : start + samples], atol=1e-5)


def test_a_sine_keeps_its_phase_wherever_it_is_cut(tmp_path):
    """In closed form: no excerpt is shifted by a part of a sample."""
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 440 / 44100 * np.arange(3 * 44100)), 44100, "FLOAT")
    for start in (8000, 8001, 20011, 31999):
        found = read_excerpt(tmp_path / "a.wav", RATE, start, 4000)
        np.testing.assert_allclose(found, 0.5 * np.sin(2 * np.pi * 440 / RATE * (start + np.arange(4000))), atol=2e-5)


def test_pieces_of_two_channels_and_their_mean(tmp_path):
    stereo = noise(30000, 2)
    soundfile.write(tmp_path / "a.flac", stereo, 48000, "PCM_24")
    stereo, _ = soundfile.read(tmp_path / "a.flac", dtype="float32")
    both = read_excerpt(tmp_path / "a.flac", RATE, 3000, 5000, channels="all")
    for channel in (0, 1):
        whole = resample(stereo[:, channel], 48000, RATE)
        assert level_db(both[:, channel] - whole[3000:8000], whole) < -110
        assert (
            level_db(both[:, channel] - read_excerpt(f"{tmp_path}/a.flac[channel={channel}]", RATE, 3000, 5000), whole)
            < -110
        )
    mean = read_excerpt(tmp_path / "a.flac", RATE, 3000, 5000, channels="mix")
    np.testing.assert_allclose(mean, both.mean(axis=1), atol=1e-6)
    with pytest.raises(AudiolabError, match=r"a\.flac: 2 channels where one is wanted; .*\[channel=0\]"):
        read_excerpt(tmp_path / "a.flac", RATE)


def test_little_is_decoded_of_a_long_file(tmp_path, monkeypatch):
    decoded = []
    read = soundfile.SoundFile.read
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda self, out: decoded.append(len(out)) or read(self, out=out))
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, noise(60 * 44100), 44100)
        decoded.clear()
        read_excerpt(tmp_path / name, RATE, 50 * RATE, RATE)
        assert 44100 <= sum(decoded) < 1.3 * 44100


def test_segments_at_another_rate_are_slices_too_and_join_to_the_whole(tmp_path):
    soundfile.write(tmp_path / "r.wav", noise(2 * 44100), 44100, "FLOAT")
    segments = {"s-1": "r 0 0.7031", "s-2": "r 0.7031 1.33333", "s-3": "r 1.33333 2.004"}
    tables = {"utt2spk": dict.fromkeys(segments, "s"), "wav.scp": {"r": f"{tmp_path}/r.wav"}, "segments": segments}
    data = write_data_dir(tmp_path / "data", tables)
    pieces = [load_utterance(data, utterance, RATE)[0] for utterance in data.utterances]
    whole = read_excerpt(tmp_path / "r.wav", RATE)
    assert list(map(len, pieces)) == [round(0.7031 * RATE), round(1.33333 * RATE) - round(0.7031 * RATE),
                                      2 * RATE - round(1.33333 * RATE)]  # fmt: skip
    assert level_db(np.concatenate(pieces) - whole, whole) < -110
