"""The mel spectrogram's inverse against what it is the inverse of, and against other libraries' ways."""

import librosa
import numpy as np
import pytest
import torch
from scipy.optimize import nnls

from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel_inverse import MelInverse, log_magnitudes
from audiolab.synthesis.speechlike import speech_like

RATE = 16000
CONFIG = LogMelConfig()
BANK = librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=80, fmin=90, fmax=7600, dtype=np.float64)


def speech(seconds=2.0):
    return speech_like(seconds, RATE, 110, np.random.default_rng(0))


def magnitudes(wave):
    """Of the signal as it is, without high-pass and gain, [T, F]."""
    return np.abs(librosa.stft(wave, n_fft=1024, hop_length=256, pad_mode="reflect", dtype=np.complex128)).T


def mel_of(wave):
    return LogMel(CONFIG)(wave, np.random.default_rng(0))


def inverse(mel, **options):
    return MelInverse(CONFIG, **options)(torch.from_numpy(mel)).numpy()


def convergence(found, true):
    return np.linalg.norm(found - true) / np.linalg.norm(true)


def log_distance(found, true):
    """RMS difference of levels above -60 dB of the maximum, between 100 and 7500 Hz, in dB."""
    floor = 1e-3 * true.max()
    levels = [20 * np.log10(np.maximum(each[:, 7:480], floor)) for each in (found, true)]
    return np.sqrt(np.mean((levels[0] - levels[1]) ** 2))


def test_logarithms_are_those_of_the_bands_magnitudes():
    bands = magnitudes(0.96 * speech()) @ BANK.T
    expected = np.log(bands)
    found = log_magnitudes(torch.from_numpy(mel_of(speech())), CONFIG).numpy()
    loud = bands > 1e-2
    loud[-3:] = False  # where the high-pass ends
    assert loud.mean() > 0.4
    difference = np.abs(found - expected)[loud]
    assert np.quantile(difference, 0.99) < 0.02  # the high-pass takes a little of the first bands


def test_levels_outside_of_the_scale_are_clipped():
    ends = log_magnitudes(torch.tensor([-3.0, 0.0, 1.0, 9.0]), CONFIG)
    np.testing.assert_allclose(20 / np.log(10) * ends.numpy(), [-84, -84, 16, 16], atol=1e-4)


def test_magnitudes_have_the_bands_and_are_not_negative():
    mel = mel_of(speech())
    found = inverse(mel)
    assert found.dtype == np.float32
    assert found.shape == (len(mel), 513)
    assert found.min() >= 0
    again = 20 * np.log10(0.96 * found @ BANK.T)
    wanted = 100 * mel - 100 + 16
    assert np.abs(again - wanted).mean() < 0.05
    assert np.abs(again - wanted).max() < 3


def test_what_lies_outside_of_all_bands_is_lost_and_no_more():
    found = inverse(mel_of(speech()))
    inside = BANK.any(axis=0)
    assert not found[:, ~inside].any()
    assert (found[:, inside] > 0).all()
    assert inside.nonzero()[0][[0, -1]].tolist() == [6, 486]  # 94 to 7594 Hz


def test_error_against_the_true_magnitudes():
    """Beside the pseudo-inverse, clipped, and scipy's least squares that are not negative."""
    true, mel = magnitudes(speech()), mel_of(speech())
    bands = 10 ** ((100 * mel.astype(np.float64) - 100 + 16) / 20) / 0.96
    clipped = np.maximum(bands @ np.linalg.pinv(BANK).T, 0)
    squares = np.stack([nnls(BANK, frame)[0] for frame in bands])
    ours = inverse(mel)
    assert convergence(ours, true) < 0.5  # synthetic vowels have sharp harmonics; of real speech it is 0.26
    assert convergence(ours, true) < convergence(squares, true)
    assert convergence(ours, true) < 0.95 * convergence(clipped, true)
    assert log_distance(ours, true) < 0.9 * log_distance(clipped, true)
    assert log_distance(ours, true) < 0.5 * log_distance(squares, true)  # which has 80 bins of 513 that are not 0
    energy = 10 * np.log10((ours**2).sum() / (true**2).sum())
    assert abs(energy) < 1


def test_each_iteration_comes_nearer_to_the_bands():
    mel = mel_of(speech())
    wanted = 10 ** ((100 * mel - 100 + 16) / 20) / 0.96
    errors = [np.linalg.norm(inverse(mel, iterations=n) @ BANK.T - wanted) for n in (0, 1, 3, 10)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.05 * errors[0]


@pytest.mark.parametrize("iterations", [0, 10])
def test_a_flat_spectrum_comes_back(iterations):
    flat = np.full((3, 513), 0.7)
    mel = ((20 * np.log10(0.96 * flat @ BANK.T) - 16 + 100) / 100).astype(np.float32)
    np.testing.assert_allclose(inverse(mel, iterations=iterations)[:, 6:487], 0.7, rtol=1e-3)


@pytest.mark.parametrize("shape", [(2, 5), (2, 3, 5)])
def test_batches_are_their_items(shape):
    mel = np.random.default_rng(0).random((*shape, 80), dtype=np.float32)
    found = inverse(mel)
    np.testing.assert_allclose(found[..., 1, :], inverse(mel[..., 1, :]), rtol=1e-4)


def test_gain_and_scale_of_another_analysis():
    """A signal of half the amplitude, analysed with twice the gain, has the same mel and half the magnitudes."""
    config = LogMelConfig(gain=2 * 0.96)
    mel = mel_of(speech())
    half = MelInverse(config)(torch.from_numpy(mel)).numpy()
    np.testing.assert_allclose(2 * half, inverse(mel), rtol=1e-5)
