"""WORLD's analysis of a known vowel."""

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.features.world import analyse, mel_cepstrum, mel_cepstrum_defaults
from audiolab.synthesis.speechlike import formant_filter, glottal_pulses

WAVE = 0.1 * formant_filter(glottal_pulses(np.full(8000, 125.0), 16000), (700, 1200, 2600, 3500), 16000)


def test_a_gain_is_in_the_first_coefficient_only():
    whole, half = mel_cepstrum(WAVE, 16000), mel_cepstrum(WAVE / 2, 16000)
    assert whole.coefficients.shape == (101, 25)
    difference = (whole.coefficients - half.coefficients)[20:80]
    assert np.abs(difference[:, 0] - np.log(2)).max() < 1e-3
    assert np.abs(difference[:, 1:]).max() < 1e-3
    assert np.abs((whole.power_db - half.power_db)[20:80] - 20 * np.log10(2)).max() < 0.01


def test_power_is_that_of_the_envelopes_autocorrelation_without_lag():
    found = mel_cepstrum(WAVE, 16000)
    expected = 10 * np.log10(np.fft.irfft(found.spectrum)[:, 0])
    np.testing.assert_allclose(found.power_db, expected, atol=1e-9)


def test_analysis_finds_f0_and_formants():
    world = analyse(WAVE, 16000)
    assert np.abs(world.f0[20:80] - 125).max() < 1
    spectrum = np.log(world.spectrum[20:80]).mean(0)
    peak = np.argmax(spectrum[30:60]) + 30  # between 470 and 940 Hz
    assert abs(peak * 16000 / 1024 - 700) < 60
    assert world.spectrum.shape == world.aperiodicity.shape == (101, 513)


def test_rate_without_usual_order_is_refused():
    assert mel_cepstrum_defaults(16000) == (24, 0.41)
    assert mel_cepstrum_defaults(44100, 40, 0.5) == (40, 0.5)
    with pytest.raises(AudiolabError, match="no usual order and α at 44100 Hz"):
        mel_cepstrum(WAVE, 44100)
