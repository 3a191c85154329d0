"""PESQ, STOI and SI-SDR: against independent formulas and the packages, and what each of them refuses."""

import math

import numpy as np
import pesq
import pystoi
import pytest
import torch

from audiolab.metrics.enhancement import RATE, Refusal, pesq_wb, si_sdr_db, stoi
from audiolab.metrics.si_sdr import si_sdr
from audiolab.synthesis.speechlike import speech_like
from audiolab.tasks.se.scores import FURTHER, METRICS
from audiolab.tasks.se.scoring import score_enhanced

ALL = ("pesq", "stoi", "si_sdr", "estoi", "si_sdr_i")


def signals(seconds=2.0, noise=0.02, seed=0):
    generator = np.random.default_rng(seed)
    clean = 0.3 * speech_like(seconds, RATE, 120, generator)
    return clean, clean + noise * generator.standard_normal(len(clean))


def by_correlation(estimate, reference):
    """SI-SDR from Pearson's correlation alone: ρ² / (1 − ρ²)."""
    rho = np.corrcoef(estimate, reference)[0, 1]
    return 10 * np.log10(rho**2 / (1 - rho**2))


@pytest.mark.parametrize("noise", [1e-4, 0.01, 0.3, 3.0])
@pytest.mark.parametrize("scale", [1.0, -0.2, 300.0])
def test_si_sdr_is_that_of_the_correlation(noise, scale):
    clean, noisy = signals(noise=noise)
    noisy = scale * noisy + 0.1  # neither scale nor mean matter
    expected = by_correlation(noisy, clean)
    assert si_sdr_db(clean, noisy) == pytest.approx(expected, abs=1e-4)
    single = si_sdr(torch.from_numpy(noisy.astype(np.float32))[None], torch.from_numpy(clean.astype(np.float32))[None])
    assert float(single) == pytest.approx(expected, abs=0.01)


def test_si_sdr_of_a_known_mixture():
    """Noise that is orthogonal to the speech: SI-SDR is the SNR."""
    time = np.arange(RATE) / RATE
    clean, noise = np.sin(2 * np.pi * 200 * time), 0.1 * np.sin(2 * np.pi * 500 * time)
    assert si_sdr_db(clean, clean + noise) == pytest.approx(20, abs=1e-6)


def test_pesq_and_stoi_are_the_packages():
    for seed, noise in ((0, 0.003), (1, 0.02), (2, 0.1)):
        clean, noisy = (wave - wave.mean() for wave in signals(noise=noise, seed=seed))
        other = clean + 0.5 * (noisy - clean)
        values, refused = score_enhanced(clean, noisy, other)
        assert refused == {}
        assert values["pesq"] == pytest.approx(pesq.pesq(RATE, clean, noisy, "wb"), abs=1e-4)
        assert values["stoi"] == pytest.approx(pystoi.stoi(clean, noisy, RATE, extended=False), abs=1e-9)
        assert values["estoi"] == pytest.approx(pystoi.stoi(clean, noisy, RATE, extended=True), abs=1e-9)  # it dithers
        assert values["estoi"] < values["stoi"]
        gain = by_correlation(noisy, clean) - by_correlation(other, clean)
        assert values["si_sdr_i"] == pytest.approx(gain, abs=1e-4)
        assert gain == pytest.approx(-6, abs=0.2)  # twice the noise
        assert list(values) == [metric.column for metric in (*METRICS, *FURTHER[:2])]


def test_perfect_speech_has_the_highest_scores():
    clean, noisy = signals()
    assert pesq_wb(clean, clean) == pytest.approx(4.644, abs=1e-3)
    assert stoi(clean, clean) == pytest.approx(1, abs=1e-6)
    values, refused = score_enhanced(clean, clean, noisy)
    assert math.isnan(values["si_sdr"])
    assert list(refused) == ["si_sdr", "si_sdr_i"]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda c, n: (0 * c, n), dict.fromkeys(ALL, "the clean speech is silent")),
        (lambda c, n: (c, 0 * n), dict.fromkeys(ALL, "the enhanced speech is silent")),
        (lambda c, n: (c[:3000], n[:3000]), {"pesq": "Buffer needs", "stoi": "less than 30 frames of speech"}),
        (lambda c, n: (c[:50], n[:50]), {"pesq": "Buffer needs", "stoi": "less than 30 frames of speech"}),
        (
            lambda c, n: (np.where(np.arange(len(c)) < 2000, c - c[:2000].mean(), 1e-5 * c), n),
            {"stoi": "less than 30 frames"},
        ),
    ],
)
def test_what_is_not_defined_is_refused_with_a_reason(change, refused):
    clean, noisy = change(*signals())
    values, found = score_enhanced(clean, noisy, clean + 0.5 * (noisy - clean) if np.any(clean) else noisy)
    assert found.keys() >= refused.keys()
    for column, reason in refused.items():
        assert reason in found[column]
    for column, value in values.items():
        assert math.isnan(value) == (column in found)


@pytest.mark.parametrize("offsets", [(0.3, 0), (0, 0.3), (0.2, -0.1)])
def test_a_constant_offset_changes_no_score(offsets):
    """STOI takes 40 dB below the loudest frame for pauses; with an offset there would be none."""
    clean, noisy = signals()
    mixture = clean + 2 * (noisy - clean)
    expected, _ = score_enhanced(clean, noisy, mixture)
    found, refused = score_enhanced(clean + offsets[0], noisy + offsets[1], mixture + offsets[1])
    assert not refused
    assert found == pytest.approx(expected, abs=2e-3)


def test_lengths_must_be_equal():
    clean, noisy = signals()
    with pytest.raises(ValueError, match="shapes"):
        score_enhanced(clean, noisy[:-1], noisy)
    with pytest.raises(ValueError, match="shapes"):
        score_enhanced(clean, noisy, noisy[:-1])
    with pytest.raises(Refusal):
        si_sdr_db(clean, clean)
