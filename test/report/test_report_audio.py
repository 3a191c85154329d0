import base64
import io

import numpy as np
import pytest
import soundfile

from audiolab.report import audio

RATE = 16000


def sine(seconds, amplitude, frequency=500):
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def test_level_counts_what_is_active_only():
    wave = np.concatenate([np.zeros(RATE, np.float32), sine(1.2, 0.3), np.zeros(RATE, np.float32)])
    levelled = audio.level(wave, RATE, target_db=-26)
    inner = levelled[RATE + 3200 : RATE + 16000]
    assert 20 * np.log10(np.sqrt(np.mean(inner**2))) == pytest.approx(-26, abs=0.15)
    assert audio.level(np.zeros(100, np.float32), RATE).tolist() == [0.0] * 100


def test_a_constant_offset_is_neither_speech_nor_level():
    wave = np.concatenate([np.zeros(2 * RATE, np.float32), sine(2, 0.05)])
    assert np.argmax(np.abs(np.diff(audio.excerpt(wave + np.float32(0.3), RATE, 1.0)[500:])) > 0.005) < RATE // 4
    raised = audio.level(wave + np.float32(0.1), RATE)
    np.testing.assert_allclose(raised - raised[:100].mean(), audio.level(wave, RATE), atol=2e-3)
    constant = np.full(100, 0.3, np.float32)
    np.testing.assert_array_equal(audio.level(constant, RATE), constant)


def test_level_does_not_clip():
    wave = sine(1, 0.01)
    wave[5000] = 0.9
    assert np.abs(audio.level(wave, RATE, target_db=-6)).max() == pytest.approx(10 ** (-1 / 20), rel=1e-5)


def test_an_excerpt_begins_just_before_speech_and_fades():
    wave = np.concatenate([np.full(2 * RATE, 1e-4, np.float32), sine(3, 0.5)])
    cut = audio.excerpt(wave, RATE, 1.0)
    assert len(cut) == RATE
    onset = np.argmax(np.abs(cut) > 0.05) / RATE
    assert 0.03 < onset < 0.13
    assert abs(cut[0]) < 1e-4
    assert abs(cut[-1]) < 1e-3
    middle = slice(RATE // 2, RATE - 400)
    assert np.abs(cut[middle]).max() == pytest.approx(0.5, abs=1e-3)


def test_a_data_uri_decodes_to_the_samples_in_16_bit():
    wave = np.concatenate([sine(0.2, 0.7), [1.5, -1.5]]).astype(np.float32)
    uri = audio.data_uri(wave, RATE)
    decoded, rate = soundfile.read(io.BytesIO(base64.b64decode(uri.split(",")[1])))
    assert rate == RATE
    np.testing.assert_allclose(decoded, np.clip(wave, -1, 1), atol=2**-15)
    assert audio.data_uri(wave, RATE) == uri
