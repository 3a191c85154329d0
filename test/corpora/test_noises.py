"""Synthetic noises: kinds that are told apart by what is measured of them, at the level asked for, never clipped."""

import itertools

import numpy as np
import pytest
import scipy.signal

from audiolab.corpora.noise_tools import at_level, decay, on_time_line, shaped_noise, slow_level, tone
from audiolab.corpora.noises import KINDS, make_noise

RATE, SAMPLES = 16000, 6 * 16000


@pytest.fixture(scope="module")
def noises():
    """Four noises of each kind."""
    return {
        kind: [make_noise(kind, np.random.default_rng([seed, *kind.encode()]), SAMPLES, RATE, -26) for seed in range(4)]
        for kind in KINDS
    }


def bands(wave):
    """Levels in dB [T, 20] of third-octave-like bands, every 32 ms."""
    _, _, spectrum = scipy.signal.stft(wave, RATE, nperseg=512, noverlap=0)
    power = np.abs(spectrum) ** 2
    edges = np.unique(np.geomspace(2, 257, 21).astype(int))
    return 10 * np.log10(np.stack([power[a:b].mean(axis=0) for a, b in itertools.pairwise(edges)], axis=1) + 1e-10)


def features(wave):
    """What tells kinds apart: long-term spectrum, how each band moves, and how peaky the spectrum is."""
    levels = bands(wave)
    _, spectrum = scipy.signal.welch(wave, RATE, nperseg=4096)
    peaky = 10 * np.log10(spectrum.max() / np.exp(np.log(spectrum + 1e-14).mean()))
    changes = np.abs(np.diff(levels, axis=0)).mean(axis=0)
    return np.concatenate([levels.mean(axis=0), 2 * levels.std(axis=0), 2 * changes, [peaky]])


def test_kinds_are_told_apart(noises):
    """The nearest neighbour of a noise, by spectrum and movement, is of its own kind."""
    names, rows = zip(*((kind, features(wave)) for kind, waves in noises.items() for wave in waves))
    distances = np.linalg.norm(np.array(rows)[:, None] - np.array(rows)[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    wrong = [(name, names[near]) for name, near in zip(names, distances.argmin(axis=1)) if name != names[near]]
    assert len(wrong) <= 2, wrong


def centroid(wave):
    frequency, power = scipy.signal.welch(wave, RATE, nperseg=1024)
    return (frequency * power).sum() / power.sum()


def test_each_kind_is_what_it_is_called(noises):
    """Hums are low, rain is high, clicks are short, an alarm is one tone, a siren glides."""
    middle = {kind: np.median([centroid(wave) for wave in waves]) for kind, waves in noises.items()}
    assert max(middle["fan"], middle["engine"], middle["footsteps"]) < 600
    assert min(middle["rain"], middle["keyboard"]) > 1500
    crest = {k: np.median([20 * np.log10(np.abs(w).max() / w.std()) for w in waves]) for k, waves in noises.items()}
    assert min(crest["keyboard"], crest["footsteps"], crest["barking"]) > 17
    assert max(crest["fan"], crest["vacuum"], crest["siren"], crest["alarm"]) < 15
    for wave in noises["alarm"]:
        frequency, power = scipy.signal.welch(wave, RATE, nperseg=4096)
        top = frequency[power.argmax()]
        assert 1900 < top < 3300
        assert power[np.abs(frequency - top) < 60].sum() > 0.8 * power.sum()
    for wave in noises["siren"]:
        frequency, _, spectrum = scipy.signal.stft(wave, RATE, nperseg=1024)
        pitch = frequency[np.abs(spectrum).argmax(axis=0)]
        low, high = np.percentile(pitch, (5, 95))
        assert high > 1.6 * low
    for wave in noises["fan"]:  # a line at the harmonics of 70 to 140 Hz
        frequency, power = scipy.signal.welch(wave, RATE, nperseg=8192)
        low = (frequency > 60) & (frequency < 150)
        assert power[low].max() > 10 * np.median(power[(frequency > 60) & (frequency < 600)])


def test_levels_and_peaks(noises):
    for kind, waves in noises.items():
        for wave in waves:
            assert len(wave) == SAMPLES
            level, peak = 10 * np.log10(np.mean(wave**2)), np.abs(wave).max()
            assert peak <= 0.9 + 1e-9
            assert abs(level + 26) < 0.01 or peak > 0.899, kind
            assert 20 * np.log10(wave.reshape(-1, 800).std(axis=1).min()) > -85  # no digital silence anywhere


def test_same_generator_same_noise():
    for kind in KINDS:
        first, again, other = (make_noise(kind, np.random.default_rng(s), 32000, RATE, -26) for s in (5, 5, 6))
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)


def test_tools():
    rng = np.random.default_rng(0)
    noise = shaped_noise(rng, 1 << 17, RATE, ((100, 0), (1000, 0), (4000, -24)))
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1)
    frequency, power = scipy.signal.welch(noise, RATE, nperseg=2048)
    found = 10 * np.log10([power[np.abs(frequency - at) < 0.05 * at].mean() for at in (300, 2000, 4000, 7000)])
    assert found - found[0] == pytest.approx([0, -12, -24, -24], abs=0.7)
    gains = 20 * np.log10(slow_level(rng, 160000, RATE, 6, 1))
    assert 3 < np.abs(gains).max() <= 6
    assert np.abs(np.diff(gains)).max() * RATE <= 12 + 1e-6  # dB a second
    fall = decay(RATE, 0.1)
    assert fall[0] == 0
    assert fall[-1] == pytest.approx(1e-3, rel=0.1)
    spectrum = np.abs(np.fft.rfft(tone(np.full(16000, 3000.0), RATE, (1, 0.5, 0.25)))) / 8000
    assert spectrum[[3000, 6000, 7000]] == pytest.approx([1, 0.5, 0], abs=1e-6)  # 9 kHz would be heard at 7 kHz
    assert on_time_line(5, [(1, np.ones(2)), (2, np.ones(9)), (7, np.ones(1))]).tolist() == [0, 1, 2, 1, 1]
    assert np.abs(at_level(np.array([1.0, 0, 0, 0]), -3.0)).max() == pytest.approx(0.9)
