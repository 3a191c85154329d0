"""The true envelope against a plain loop over frames, and its bound on every kind of frame."""

import numpy as np
import pytest
import torch

from audiolab.features.envelope_config import StftConfig
from audiolab.features.stft import full_scale, stft
from audiolab.features.true_envelope import DECIBEL, true_envelope
from audiolab.synthesis.speechlike import speech_like

GRID = StftConfig()


def log_spectrum(wave, floor_db=-100.0, dtype=torch.float64):
    amplitude = stft(torch.as_tensor(np.asarray(wave)).to(dtype), GRID).abs() * full_scale(GRID)
    return amplitude.clamp_min(10 ** (floor_db / 20)).log()


def plain_loop(observed, order, accelerate):
    """Return envelopes and numbers of updates, frame by frame with FFTs in float64."""
    envelopes, updates = np.empty_like(observed), np.zeros(len(observed), int)

    def lifter(spectrum):
        cepstrum = np.fft.irfft(spectrum)
        kept = cepstrum.copy()
        kept[order + 1 : len(cepstrum) - order] = 0
        return np.fft.rfft(kept).real, (cepstrum**2).sum(), (kept**2).sum()

    for frame, spectrum in enumerate(observed):
        envelope = lifter(spectrum)[0]
        while (spectrum - envelope).max() > 2 * np.log(10) / 20:
            update, whole, inside = lifter(np.maximum(spectrum, envelope) - envelope)
            envelope = envelope + update * (whole / inside if accelerate else 1)
            updates[frame] += 1
        envelopes[frame] = envelope
    return envelopes, updates


@pytest.mark.parametrize("order", [32, 61])
def test_equals_the_plain_loop(order):
    observed = log_spectrum(speech_like(0.7, 16000, 130, np.random.default_rng(0)))
    for accelerate in (True, False):
        wanted, updates = plain_loop(observed.numpy(), order, accelerate)
        double = true_envelope(observed, order, accelerate=accelerate).numpy()
        single = true_envelope(observed.float(), order, accelerate=accelerate).numpy()
        assert np.abs(double - wanted).max() < 1e-9
        assert np.median(np.abs(single - wanted)) / DECIBEL < 1e-4
        if accelerate:
            fast = updates
    assert fast.mean() < updates.mean() / 3


def awkward_waves():
    time, generator = np.arange(4000) / 16000, np.random.default_rng(1)
    return {
        "silence": np.zeros(4000),
        "one sample": np.ones(1),
        "click": np.eye(1, 4000, 2000)[0],
        "DC": np.full(4000, 0.5),
        "tone": np.sin(2 * np.pi * 440 * time),
        "Nyquist": np.cos(np.pi * np.arange(4000)),
        "two far tones": np.sin(2 * np.pi * 100 * time) + np.sin(2 * np.pi * 7000 * time),
        "clipped noise": np.clip(5 * generator.standard_normal(4000), -1, 1),
        "pulses": (np.arange(4000) % 80 == 0) * 1.0,
    }


@pytest.mark.parametrize("name", awkward_waves())
@pytest.mark.parametrize("floor_db", [-100.0, -300.0])
def test_spectrum_is_nowhere_above_the_bound(name, floor_db):
    for dtype in (torch.float32, torch.float64):
        observed = log_spectrum(awkward_waves()[name], floor_db, dtype)
        for order in (0, 1, 40, 200):
            for options in ({}, {"max_iterations": 0}, {"max_iterations": 3, "accelerate": False}):
                envelope = true_envelope(observed, order, **options)
                assert (observed - envelope).max() / DECIBEL < 2 + 1e-4
                assert torch.isfinite(envelope).all()


def test_envelope_has_no_quefrency_above_the_order():
    observed = log_spectrum(speech_like(0.3, 16000, 200, np.random.default_rng(2)))
    cepstrum = np.fft.irfft(true_envelope(observed, 40).numpy())
    assert np.abs(cepstrum[:, 41:-40]).max() < 1e-12
    assert np.abs(cepstrum[:, 40]).max() > 1e-4


@pytest.mark.parametrize("n_fft", [1024, 1022, 6])
def test_orders_by_frame_are_those_of_the_frames_alone(n_fft):
    generator = torch.Generator().manual_seed(0)
    observed = torch.randn(2, 6, n_fft // 2 + 1, generator=generator, dtype=torch.float64)
    orders = torch.arange(12).reshape(2, 6) % (n_fft // 2)
    together = true_envelope(observed, orders)
    for place in np.ndindex(2, 6):
        alone = true_envelope(observed[place][None], int(orders[place]))[0]
        assert (together[place] - alone).abs().max() < 1e-12
        wanted, _ = plain_loop(observed[place][None].numpy(), int(orders[place]), True)
        assert np.abs(alone.numpy() - wanted).max() < 1e-10


def test_finds_the_envelope_that_the_partials_sample():
    # a spectrum of cepstral order 20 is sampled by partials 200 Hz apart, which order 40 cannot resolve
    bins = np.arange(513)
    cepstrum = np.random.default_rng(3).standard_normal(21) / (1 + np.arange(21))
    wanted = np.cos(np.pi * bins[:, None] * np.arange(21) / 512) @ cepstrum
    distance = np.abs((bins * 15.625 + 100) % 200 - 100)
    observed = torch.from_numpy(wanted - 6 * (distance / 100) ** 2)
    envelope = true_envelope(observed[None], 40)[0].numpy()
    smoothed = np.fft.rfft(np.fft.irfft(observed.numpy()) * (np.minimum(np.arange(1024), 1024 - np.arange(1024)) <= 40))
    error, plain = (np.abs(x.real[16:-16] - wanted[16:-16]).max() / DECIBEL for x in (envelope, smoothed))
    assert error < 2.5
    assert plain > 5 * error


def test_wrong_input_is_refused():
    observed = torch.zeros(3, 513)
    for order in (-1, 512, torch.tensor([1, 2, 900])):
        with pytest.raises(ValueError, match="order must lie in 0 … 511"):
            true_envelope(observed, order)
    with pytest.raises(ValueError, match="do not fit"):
        true_envelope(observed, torch.tensor([1, 2]))
    for bad in (float("nan"), float("-inf")):
        with pytest.raises(ValueError, match="not finite"):
            true_envelope(observed.index_fill(0, torch.tensor([1]), bad), 10)
    assert true_envelope(torch.zeros(0, 513), 40).shape == (0, 513)
