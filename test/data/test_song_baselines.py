"""What separation is compared with: the mixture itself, median filters, and masks of one who knows the sources."""

import numpy as np
import pytest
from scipy import signal

from audiolab.data.song_baselines import BASELINES, HOP, N_FFT

RATE = 16000


def ratio(true, found):
    return 10 * np.log10(np.sum(true**2) / np.sum((true - found) ** 2))


@pytest.fixture
def sources():
    """Return clicks, which are percussive, and a held chord, which is harmonic: [N] each."""
    time = np.arange(3 * RATE + 77) / RATE
    clicks = np.zeros_like(time)
    clicks[2000::4000] = 1.0
    clicks = signal.lfilter([1.0], [1.0, -0.5], clicks)
    chord = sum(0.05 * np.sin(2 * np.pi * frequency * time) for frequency in (220, 277.2, 329.6))
    return [clicks, chord]


def test_the_mixture_is_itself_for_each_source(sources):
    mixed = sum(sources)
    assert all(made is mixed for made in BASELINES["mixture"](mixed, sources))


def test_what_is_percussive_is_the_vocals_and_what_is_harmonic_the_accompaniment(sources):
    mixed = sum(sources)
    made = BASELINES["hpss"](mixed, sources)
    for true, found in zip(sources, made):
        assert found.shape == mixed.shape
        assert ratio(true, found) > ratio(true, mixed) + 8
    np.testing.assert_allclose(sum(made), mixed, atol=1e-6)


def test_ideal_masks_are_the_sources_shares_of_their_magnitudes(sources):
    mixed = sum(sources)
    made = BASELINES["ideal_ratio_mask"](mixed, sources)
    options = {"nperseg": N_FFT, "noverlap": N_FFT - HOP, "window": signal.windows.hann(N_FFT, sym=False)}
    magnitudes = [np.abs(signal.stft(source, **options)[2]) for source in sources]
    spectrum = signal.stft(mixed, **options)[2]
    for magnitude, found in zip(magnitudes, made):
        expected = signal.istft(spectrum * magnitude / (sum(magnitudes) + 1e-30), **options)[1][: len(mixed)]
        np.testing.assert_allclose(found[N_FFT:-N_FFT], expected[N_FFT:-N_FFT], atol=1e-4)
    np.testing.assert_allclose(sum(made), mixed, atol=1e-6)


def test_where_both_sources_are_silent_the_mixture_is_halved():
    mixed = np.random.default_rng(0).standard_normal(RATE)
    for found in BASELINES["ideal_ratio_mask"](mixed, [np.zeros(RATE), np.zeros(RATE)]):
        np.testing.assert_allclose(found, mixed / 2, atol=1e-6)


@pytest.mark.parametrize("kind", list(BASELINES))
def test_channels_are_separated_each_by_itself(kind, sources):
    stereo = [np.stack([source, 0.5 * source], axis=1) for source in sources]
    mono = BASELINES[kind](sum(sources), sources)
    for both, alone in zip(BASELINES[kind](sum(stereo), stereo), mono):
        np.testing.assert_allclose(both[:, 0], alone, atol=1e-6)
        np.testing.assert_allclose(both[:, 1], 0.5 * alone, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", ["hpss", "ideal_ratio_mask"])
def test_signals_shorter_than_a_window(kind, channels):
    """What is made of them sums to the mixture, too, whatever the memory held before."""
    generator = np.random.default_rng(0)
    for samples in (1, 100, N_FFT // 2 + 1, N_FFT + 1):
        sources = generator.standard_normal((2, samples, channels))
        sources = list(sources[..., 0] if channels == 1 else sources)
        estimates = BASELINES[kind](sum(sources), sources)
        np.testing.assert_allclose(sum(estimates), sum(sources), atol=1e-6)
