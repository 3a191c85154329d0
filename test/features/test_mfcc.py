"""Cepstra against scipy's transforms and librosa's derivatives; where frames lie."""

import librosa
import numpy as np
import pytest
import scipy.fft
import torch

from audiolab.features.mel import mel_filters
from audiolab.features.mfcc import Mfcc, with_derivatives
from audiolab.features.mfcc_config import MfccConfig

CONFIG = MfccConfig()


def cepstra(wave, config=CONFIG):
    return Mfcc(config)(torch.from_numpy(np.asarray(wave, np.float32))).numpy()


def test_cepstra_are_those_of_scipy():
    config = MfccConfig(preemphasis=0.9, window_ms=25, order=8)
    wave = 0.1 * np.random.default_rng(0).standard_normal(4001)
    found = cepstra(wave, config)
    assert found.shape == (51, 9)
    assert found.dtype == np.float32
    emphasised = wave.astype(np.float32).astype(np.float64)
    emphasised[1:] -= 0.9 * emphasised[:-1].copy()
    emphasised[0] *= 0.1
    window = scipy.signal.get_window("hamming", 400, fftbins=False)
    for frame in (20, 31):
        middle = round((frame + 0.5) * 80)
        part = window * emphasised[middle - 200 : middle + 200]
        power = np.abs(np.fft.rfft(part, 512)) ** 2 / (window.sum() / 2) ** 2
        logs = np.log(power @ mel_filters(16000, 512, 26).T + 1e-8)
        np.testing.assert_allclose(found[frame, 1:], scipy.fft.dct(logs, norm="ortho")[1:9], rtol=1e-5, atol=1e-5)
        assert found[frame, 0] == pytest.approx(np.sqrt(2) * scipy.fft.dct(logs, norm="ortho")[0], rel=1e-5)


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (80, 1), (81, 2), (1600, 20), (1601, 21)])
def test_frames_cover_a_signal(samples, frames):
    assert CONFIG.frames(samples) == frames
    assert len(cepstra(np.ones(samples))) == frames


@pytest.mark.parametrize("rate", [16000, 22050])
def test_a_click_is_in_the_frames_around_it(rate):
    """The frame of a click is the one in whose shift it lies, whatever the rate."""
    config = MfccConfig(rate=rate, window_ms=5)
    for seconds in (0.1012, 0.5037):
        wave = np.zeros(rate)
        wave[round(seconds * rate)] = 0.5
        assert np.argmax(cepstra(wave, config)[:, 0]) == int(seconds / 0.005)


def test_louder_speech_differs_in_the_first_cepstrum_alone():
    wave = 0.01 * np.random.default_rng(1).standard_normal(8000)
    config = MfccConfig(floor_db=-200)
    difference = cepstra(10 * wave, config) - cepstra(wave, config)
    np.testing.assert_allclose(difference[:, 0], np.log(100) * np.sqrt(2 * 26), rtol=1e-4)
    np.testing.assert_allclose(difference[:, 1:], 0, atol=1e-3)


def test_digital_silence_is_at_the_floor():
    found = cepstra(np.zeros(800))
    np.testing.assert_allclose(found[:, 0], np.log(1e-8) * np.sqrt(2 * 26), rtol=1e-5)
    np.testing.assert_allclose(found[:, 1:], 0, atol=1e-4)


def test_derivatives_are_those_of_librosa():
    config = MfccConfig(order=2, delta_ms=15)
    values = np.random.default_rng(2).standard_normal((40, 3)).astype(np.float32)
    found = with_derivatives(torch.from_numpy(values), config).numpy()
    assert found.shape == (40, config.width)
    first = librosa.feature.delta(values.T, width=7, order=1, mode="nearest").T
    second = librosa.feature.delta(first.T, width=7, order=1, mode="nearest").T
    np.testing.assert_allclose(found[:, 3:6], first, atol=1e-5)
    np.testing.assert_allclose(found[:, 6:], second, atol=1e-5)
    assert with_derivatives(torch.ones(1, 3), config).tolist() == [[1, 1, 1, *[0] * 6]]


@pytest.mark.parametrize(
    "values",
    [{"rate": 4000}, {"shift_ms": 30}, {"preemphasis": 1}, {"order": 26}, {"delta_ms": 1}, {"floor_db": 1}],
)
def test_values_without_meaning_are_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        MfccConfig(**values)
