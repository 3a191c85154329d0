"""AutoVC's mel spectrogram against its recipe, written out a frame at a time with other libraries' parts."""

import librosa
import numpy as np
import pytest
import torchaudio
from scipy import signal

from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel import sampled_filters

RATE = 16000


def speech(seconds=1.3, seed=0):
    """Noise in bursts over hum of 10 Hz, which the high-pass takes away."""
    generator = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    return 0.1 * generator.standard_normal(len(time)) * (np.sin(7 * time) > 0) + 0.3 * np.sin(2 * np.pi * 10 * time)


def by_hand(wave, generator):
    sections = signal.butter(5, 30 / 8000, "highpass", output="sos")
    wave = signal.sosfiltfilt(sections, wave, padtype="odd", padlen=18)
    wave = wave * 0.96 + (generator.random(len(wave)) - 0.5) * 1e-6
    bank = librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=80, fmin=90, fmax=7600, dtype=np.float64)
    spectrum = np.abs(
        librosa.stft(
            wave, n_fft=1024, hop_length=256, window="hann", center=True, pad_mode="reflect", dtype=np.complex128
        )
    )
    rows = []
    for frame in spectrum.T:
        level = [20 * np.log10(max(1e-5, float(band @ frame))) - 16 for band in bank]
        rows.append([min(max((db + 100) / 100, 0), 1) for db in level])
    return np.array(rows)


def test_it_is_the_recipe():
    wave = speech()
    found = LogMel(LogMelConfig())(wave, np.random.default_rng(4))
    expected = by_hand(wave, np.random.default_rng(4))
    assert found.dtype == np.float32
    assert found.shape == expected.shape == (1 + len(wave) // 256, 80)
    assert ((expected > 0) & (expected < 1)).mean() > 0.4
    np.testing.assert_allclose(found, expected, atol=1e-5)  # of a high-pass in one piece and in sections


def test_filters_are_librosas_and_torchaudios():
    ours = sampled_filters(RATE, 1024, 80, 90, 7600)
    theirs = librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=80, fmin=90, fmax=7600, dtype=np.float64)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    third = torchaudio.functional.melscale_fbanks(513, 90.0, 7600.0, 80, RATE, norm="slaney", mel_scale="slaney")
    np.testing.assert_allclose(ours, third.T.numpy(), atol=1e-6)


def test_a_batch_is_its_signals():
    waves, analysis = np.stack([speech(0.5, n) for n in range(6)]).reshape(2, 3, -1), LogMel(LogMelConfig(dither=0))
    found = analysis(waves, np.random.default_rng(0))
    assert found.shape == (2, 3, 32, 80)
    np.testing.assert_array_equal(found[1, 2], analysis(waves[1, 2], np.random.default_rng(0)))


def test_long_signals_in_blocks_are_the_same(monkeypatch):
    wave, analysis = speech(), LogMel(LogMelConfig())
    whole = analysis(wave, np.random.default_rng(0))
    monkeypatch.setattr("audiolab.features.log_mel._BLOCK", 7)
    np.testing.assert_array_equal(analysis(wave, np.random.default_rng(0)), whole)


def test_noise_comes_from_the_generator_and_only_silence_hears_it():
    analysis, silent, loud = LogMel(LogMelConfig()), np.zeros(8000), speech()
    one, other = (analysis(silent, np.random.default_rng(seed)) for seed in (0, 1))
    assert np.array_equal(one, analysis(silent, np.random.default_rng(0)))
    assert np.array_equal(one, np.zeros_like(one))  # white noise of 1e-6 lies below the floor of 1e-5 in all bands
    assert np.array_equal(one, other)
    noise = analysis.prepared(silent, np.random.default_rng(0))
    assert abs(noise.mean()) < 2e-8
    assert -5e-7 <= noise.min() < -4.9e-7
    noisy = LogMel(LogMelConfig(dither=1e-3))
    assert not np.array_equal(*(noisy(silent, np.random.default_rng(seed)) for seed in (0, 1)))
    first, second = (analysis(loud, np.random.default_rng(seed)) for seed in (0, 1))
    assert np.abs(first - second).max() < 1e-3


def test_levels():
    """A sine of 1 kHz and half of full scale: its peak magnitude times the filter there."""
    wave = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    found = LogMel(LogMelConfig(dither=0))(wave, np.random.default_rng(0))[20]
    filters = sampled_filters(RATE, 1024, 80, 90, 7600)
    magnitude = np.zeros(513)
    magnitude[[63, 64, 65]] = 0.5 * 0.96 * np.array([128, 256, 128])  # the Hann window's main lobe at bin 64
    expected = (20 * np.log10((filters @ magnitude).max()) - 16 + 100) / 100
    assert found.max() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mel_high_hz": 9000.0}, "mel bands must lie within 0"),
        ({"gain": 0.0}, "gain between 0 and 1000"),
        ({"range_db": 1e-300}, "range_db between 1 and 1000"),
        ({"hop": 0}, "hop 0 between 1 and n_fft"),
        ({"dither": -1.0}, "dither and seed must not be negative"),
        ({"highpass_hz": 8000.0}, "highpass_hz must lie below 8000 Hz"),
    ],
)
def test_configs_without_meaning(changes, message):
    with pytest.raises(ValueError, match=message):
        LogMelConfig(**changes)
