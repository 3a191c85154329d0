"""The STFT against its definition, and back."""

import numpy as np
import pytest
import torch

from audiolab.features.envelope_config import StftConfig
from audiolab.features.stft import centred_stft, full_scale, stft
from audiolab.synthesis.overlap_add import overlap_add

GRID = StftConfig()


def test_frames_are_centred_on_multiples_of_the_hop():
    wave = np.random.default_rng(0).standard_normal(2003)
    padded = np.pad(wave, GRID.window // 2 + 100)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(GRID.window) / GRID.window)
    found = stft(torch.from_numpy(wave), GRID).numpy()
    assert found.shape == (GRID.frames(2003), 513) == (26, 513)
    for frame in (0, 7, 25):
        start = frame * GRID.hop + 100
        wanted = np.abs(np.fft.rfft(padded[start : start + GRID.window] * window, 1024))
        np.testing.assert_allclose(np.abs(found[frame]), wanted, atol=1e-10)


@pytest.mark.parametrize("length", [1, 79, 80, 400, 799, 16001])
def test_unmodified_stft_gives_the_signal_back(length):
    wave = torch.from_numpy(np.random.default_rng(length).standard_normal((2, length))).float()
    back = overlap_add(stft(wave, GRID), GRID, length)
    assert back.shape == wave.shape
    error = (back - wave).square().sum() / wave.square().sum()
    assert 10 * torch.log10(error) < -110


def test_full_scale_sinusoid_has_amplitude_one():
    wave = torch.cos(2 * torch.pi * 1000 / 16000 * torch.arange(8000, dtype=torch.float64))
    level = stft(wave, GRID).abs()[50, 64] * full_scale(GRID)
    assert abs(level - 1) < 1e-6


def test_length_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="11 frames, not 10"):
        overlap_add(torch.zeros(10, 513, dtype=torch.complex64), GRID, 800)


@pytest.mark.parametrize("wrong", [{"n_fft": 512}, {"n_fft": 1025}, {"hop_ms": 20.0}, {"hop_ms": 0.0}, {"rate": 0}])
def test_grids_that_cannot_be_inverted_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        StftConfig(**wrong)


def test_hop_that_is_no_whole_sample_is_rounded_and_told():
    grid = StftConfig(rate=22050, n_fft=2048)
    assert grid.hop == 110
    assert grid.shift_ms == pytest.approx(4.98866, abs=1e-5)


@pytest.mark.parametrize("length", [1, 79, 799, 1700, 16001])
def test_frames_without_their_means(length):
    """The mean is the window's weighted one, over the samples that are there."""
    wave = torch.from_numpy(np.random.default_rng(length).standard_normal((2, length))) + torch.tensor([[0.3], [-20.0]])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(GRID.window) / GRID.window)
    found = centred_stft(wave, GRID).numpy()
    assert found.shape == (2, GRID.frames(length), 513)
    inside = np.pad(np.ones(length), GRID.window)
    for channel, samples in zip(found, wave.numpy()):
        padded = np.pad(samples, GRID.window)
        for number, frame in enumerate(channel):
            part = slice(number * GRID.hop + GRID.window // 2, number * GRID.hop + 3 * GRID.window // 2)
            weights = window * inside[part]
            weighted = weights * (padded[part] - (weights * padded[part]).sum() / weights.sum())
            np.testing.assert_allclose(np.abs(frame), np.abs(np.fft.rfft(weighted, 1024)), atol=1e-9)


def test_an_offset_of_the_signal_is_not_in_frames_without_their_means():
    wave = torch.from_numpy(np.random.default_rng(0).standard_normal(5000))
    torch.testing.assert_close(centred_stft(wave + 7, GRID), centred_stft(wave, GRID))
