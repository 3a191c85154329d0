"""Audio to mel for models that listen: as the features of their training, and what is refused."""

import numpy as np
import pytest
import soxr

from audiolab.data.heard import mel_of
from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig

MEL = LogMel(LogMelConfig())


def noise(samples, level=0.1):
    return (level * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)


def test_it_is_the_spectrogram_of_the_signal_at_the_models_rate():
    wave = noise(8000)
    plain = MEL(wave.astype(np.float64), np.random.default_rng(0))
    np.testing.assert_allclose(mel_of(wave, 16000, MEL), plain, atol=1e-4)
    assert np.array_equal(mel_of(wave, 16000, MEL), mel_of(wave, 16000, MEL))
    higher = noise(24000)
    lower = soxr.resample(higher.astype(np.float64), 48000, 16000, quality="HQ")
    found = mel_of(higher, 48000, MEL)
    assert found.shape == (1 + 8000 // 256, 80)
    np.testing.assert_allclose(found[2:-2], MEL(lower, np.random.default_rng(0))[2:-2], atol=1e-3)


def test_silence_and_short_signals_where_they_are_allowed():
    assert mel_of(np.zeros(2000, np.float32), 16000, MEL, allow_silent=True).max() < 0.01
    short = mel_of(noise(5), 16000, MEL, least=600)
    np.testing.assert_allclose(short, mel_of(np.pad(noise(5), (0, 595)), 16000, MEL), atol=1e-6)
    assert np.array_equal(mel_of(noise(700), 16000, MEL, least=600), mel_of(noise(700), 16000, MEL))


@pytest.mark.parametrize(
    ("wave", "rate", "told"),
    [
        (noise(800)[None], 16000, r"shape \(1, 800\): give floats \[N\]"),
        (noise(0), 16000, r"shape \(0,\)"),
        ((noise(800) * 30000).astype(np.int16), 16000, "int16 of shape"),
        (noise(800) * 30000, 16000, "times full scale"),
        (np.where(np.arange(800) == 7, np.nan, noise(800)), 16000, "sample 7 is NaN"),
        (np.full(800, 0.1), 16000, "the signal is silent"),
        (noise(800), 8000, "audio at 8000 Hz lacks bands .*; give audio that was recorded at 16000 Hz"),
        (noise(800), 10, "a rate of 10 Hz"),
        (noise(10), 16000, "10 samples, and the high-pass takes"),
    ],
)
def test_what_holds_no_speech_is_refused(wave, rate, told):
    with pytest.raises(AudiolabError, match=told):
        mel_of(wave, rate, MEL)
