"""Conversion of audio by mel spectrogram: as a whole and in blocks, at any rate, channel by channel."""

import numpy as np
import pytest
from recordings import speech

from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.synthesis import mel_converter
from audiolab.synthesis.griffin_lim import GriffinLim
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.mel_converter import MelConverter, mel_blocks

EXTRACT = LogMel(LogMelConfig(dither=0.0))


def converter(change=lambda mel: mel):
    return MelConverter(lambda blocks: map(change, blocks), GriffinLim())


@pytest.mark.parametrize("samples", [1, 300, 256, 5120, 40001])
def test_blocks_give_the_spectrogram_of_the_whole(monkeypatch, samples):
    """The high-pass, run forward and backward over the whole, has rung out in the context."""
    monkeypatch.setattr(mel_converter, "_PIECE", 20)
    wave = np.stack([speech(2.6)[:samples], speech(2.6, seed=1)[:samples]], axis=1)
    found = np.concatenate(list(mel_blocks(np.array_split(wave, 7), EXTRACT)))
    padded = np.pad(wave, ((0, max(0, 513 - samples)), (0, 0)))
    expected = EXTRACT(padded.T.astype(np.float64), np.random.default_rng(0))[:, : 1 + samples // 256]
    assert found.shape == (1 + samples // 256, 2, 80)
    np.testing.assert_allclose(found.swapaxes(0, 1), expected, atol=1e-4)


def test_a_mapping_is_heard_in_the_audio():
    """Without a change the mel comes back; a change of it comes out, by the vocoder."""
    wave = speech(1.5)
    again = converter().convert(wave, 16000)
    assert (again.shape, again.dtype) == (wave.shape, np.float32)
    mel = EXTRACT(wave.astype(np.float64), np.random.default_rng(0))
    near = EXTRACT(again.astype(np.float64), np.random.default_rng(0))
    assert np.abs(near - mel)[4:-4].mean() < 0.02
    softer = converter(lambda mel: mel - 0.1).convert(wave, 16000)  # 10 dB
    power = [np.square(each[4000:-4000], dtype=np.float64).mean() for each in (again, softer)]
    assert 10 * np.log10(power[0] / power[1]) == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("rate", [16000, 44100])
def test_channels_and_blocks_change_nothing(rate):
    wave = np.stack([speech(0.7, rate), speech(0.7, rate, seed=1)], axis=1)
    keep = []
    whole = converter().convert(wave, rate, keep=keep)
    assert whole.shape == wave.shape
    assert np.concatenate(keep).shape == (1 + -(-len(wave) * 16000 // rate) // 256, 2, 80)
    streamed = np.concatenate(list(converter().stream(np.array_split(wave, 9), rate)))
    np.testing.assert_allclose(streamed, whole, atol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 255, 257])
def test_any_length(samples):
    assert converter().convert(speech(1.0)[:samples], 16000).shape == (samples,)


def test_it_stays_within_full_scale():
    limiter = Limiter(always=True)
    loud = converter(lambda mel: mel + 0.3).convert(speech(1.0), 16000, limiter)
    assert np.abs(loud).max() <= 1
    assert limiter.samples > 0


@pytest.mark.parametrize(
    ("wave", "rate", "told"),
    [
        (speech(0.2), 8000, "a rate of 8000 Hz: bands are missing"),
        (speech(0.2), 16, "a rate of 16 Hz: give the audio's own"),
        ((speech(0.2) * 30000).astype(np.int16), 16000, "audio of type int16"),
        (np.full(400, np.nan), 16000, "sample 0 is NaN"),
    ],
)
def test_what_cannot_be_converted_is_refused(wave, rate, told):
    with pytest.raises(AudiolabError, match=told):
        converter().convert(wave, rate)
