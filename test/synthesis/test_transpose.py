"""Transposition moves F0 and nothing else."""

import numpy as np
import pytest
import soxr
from scipy.signal import butter, sosfiltfilt

from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.f0 import estimate_f0
from audiolab.features.world import analyse
from audiolab.synthesis.speechlike import formant_filter, glottal_pulses
from audiolab.synthesis.transpose import transpose

TRUTH = np.linspace(110, 150, 16000)
WAVE = 0.1 * formant_filter(glottal_pulses(TRUTH, 16000), (700, 1200, 2600, 3500), 16000)


def envelope(wave, ceiling):
    """Return the mean mel envelope in dB between 500 Hz, above the first partials, and 4 kHz."""
    config = EnvelopeConfig()
    return MelEnvelope(config)(wave, order_for(ceiling, config.stft)).mel[20:150, 8:26].mean(0)


@pytest.mark.parametrize("ratio", [0.7, 1.5, 2.0])
def test_f0_moves_by_the_ratio_and_duration_and_envelope_stay(ratio):
    moved = transpose(WAVE, 16000, ratio)
    assert moved.shape == WAVE.shape
    assert moved.dtype == np.float32
    f0 = estimate_f0(moved, 16000)[20:180]
    assert (f0 > 0).mean() > 0.95
    assert np.abs(f0[f0 > 0] / (ratio * TRUTH[::80][20:180][f0 > 0]) - 1).max() < 0.03
    shape = envelope(moved, 150 * ratio) - envelope(WAVE, 150)
    resampled = soxr.resample(WAVE, 16000 * ratio, 16000)  # this moves the formants along
    assert (shape - shape.mean()).abs().mean() < 2.5
    assert (shape - shape.mean()).std() < 0.4 * (envelope(resampled, 150 * ratio) - envelope(WAVE, 150)).std()
    assert (moved == transpose(WAVE, 16000, ratio)).all()


def test_breath_stays_breath():
    """Noise over 4.5 kHz repeats itself with no period; WORLD's pulses alone would, by .9."""
    high = butter(8, 4500, "high", fs=16000, output="sos")
    vowel = 0.1 * formant_filter(glottal_pulses(np.full(32000, 125.0), 16000), (700, 1200, 2600, 3500), 16000)
    noise = sosfiltfilt(high, np.random.default_rng(0).standard_normal(32000))
    for wave, period, ratio in ((vowel + 0.03 * noise, 128, 1.0), (vowel + 0.03 * noise, 80, 1.6), (vowel, 80, 1.6)):
        found = sosfiltfilt(high, transpose(wave, 16000, ratio))[3200:-3200]
        likeness = found[period:] @ found[:-period] / (found @ found)
        assert likeness > 0.9 if wave is vowel else abs(likeness) < 0.1


@pytest.mark.parametrize("rate", [4000, 8000, 11025])
def test_below_16_khz_it_does_the_same_and_stays_within_its_memory(rate):
    """WORLD's D4C would write beyond its buffers here, and end the process or give other samples each time."""
    wave = soxr.resample(WAVE, 16000, rate)
    moved = transpose(wave, rate, 1.3)
    assert moved.shape == wave.shape
    f0, before = (estimate_f0(soxr.resample(x, rate, 16000), 16000)[20:180] for x in (moved, wave))
    voiced = (f0 > 0) & (before > 0)
    assert voiced.mean() > 0.8
    assert np.median(f0[voiced] / before[voiced]) == pytest.approx(1.3, rel=0.02)
    assert (moved == transpose(wave, rate, 1.3)).all()
    with pytest.raises(ValueError, match="D4C needs a rate of 16000 Hz or more"):
        analyse(wave, rate)


def test_ratio_of_one_is_the_signal_itself_and_wild_ones_are_refused():
    assert (transpose(WAVE, 16000, 1.0) == WAVE.astype(np.float32)).all()
    with pytest.raises(ValueError, match="outside"):
        transpose(WAVE, 16000, 8.0)
