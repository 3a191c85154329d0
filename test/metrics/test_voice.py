"""The analysis for scoring: levels of bands and frames of speech, in decibels that are known."""

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.metrics.spectral import log_spectral_distance
from audiolab.metrics.voice import AnalysisConfig, analyse
from audiolab.synthesis.speechlike import formant_filter, glottal_pulses

RATE = 16000


def vowel(formants=(700, 1200, 2600, 3500), seconds=1.0):
    return 0.1 * formant_filter(glottal_pulses(np.full(round(seconds * RATE), 125.0), RATE), formants, RATE)


@pytest.mark.parametrize("gain_db", [-20.0, -6.0, 3.0])
def test_a_gain_is_that_many_decibels_in_every_band(gain_db):
    before, after = (analyse(vowel() * factor, AnalysisConfig()).bands for factor in (1, 10 ** (gain_db / 20)))
    assert before.shape == (201, 32)
    before, after = before[5:], after[5:]  # before the first pulse there is nothing that could be louder
    np.testing.assert_allclose(after - before, gain_db, atol=0.05)
    assert log_spectral_distance(before, after, remove_level=False) == pytest.approx(abs(gain_db), abs=0.05)


def test_speech_is_within_35_db_of_the_loudest_frame():
    """Fifths of one vowel at other levels; the edges, where frames have some of both, are left out."""
    levels = (0, -32, -38, -55, -10)
    wave = vowel(seconds=2.5) * np.repeat(10 ** (np.array(levels) / 20), RATE // 2)
    heard = np.isin(np.arange(501), analyse(wave, AnalysisConfig()).speech)
    inner = [heard[100 * number + 15 : 100 * number + 85] for number in range(len(levels))]
    assert [(part.all(), part.any()) for part in inner] == [(level > -35,) * 2 for level in levels]


@pytest.mark.parametrize("wave", [np.zeros(0), np.zeros(RATE), np.full(RATE, np.nan)])
def test_what_holds_no_speech_is_refused(wave):
    with pytest.raises(AudiolabError, match="empty, silent or holds NaN"):
        analyse(wave, AnalysisConfig())
