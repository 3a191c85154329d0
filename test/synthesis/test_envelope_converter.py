"""Conversion in blocks is conversion as a whole; no change of the envelope is no change of the audio.

What it does at other levels and rates is tested in test_levels.py.
"""

import numpy as np
import pytest
import torch

from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.speech_level import ActiveLevel, frame_levels
from audiolab.features.speech_profile import SpeechProfile
from audiolab.synthesis.envelope_converter import EnvelopeConverter, EnvelopeConverterConfig
from audiolab.synthesis.envelope_filter import apply_envelope
from audiolab.synthesis.overlap_add import overlap_add
from audiolab.synthesis.streaming import blocks_of

ANALYSIS = EnvelopeConfig()
RATE = ANALYSIS.stft.rate


def voice(samples, channels=None, seed=0):
    """Pulses of 110 Hz with noise, slowly modulated; all of it is speech, whatever part the level is taken from."""
    generator = np.random.default_rng(seed)
    time = np.arange(samples) / RATE
    pulses = (np.diff(np.floor(110 * time), prepend=0) > 0).astype(float)
    signal = (pulses + 0.02 * generator.standard_normal(samples)) * (0.3 + 0.15 * np.sin(2 * np.pi * 1.3 * time))
    wave = np.convolve(signal, np.exp(-np.arange(64) / 9), "same").astype(np.float32) / 4
    return wave if channels is None else np.stack([np.roll(wave, 99 * c) for c in range(channels)], axis=1)


def snr_db(signal, other):
    return 10 * np.log10(np.sum(signal**2) / max(np.sum((signal - other) ** 2), 1e-30))


PROFILE = SpeechProfile(-30.0, torch.full((32,), -40.0).double(), torch.eye(32).double())


def converter(mapping, window=200):
    return EnvelopeConverter(ANALYSIS, 60, PROFILE, mapping, EnvelopeConverterConfig(window_frames=window))


def by_window_mean(mel):
    """A mapping that, like instance normalisation, depends on all frames of its window."""
    return mel + 6.0 * torch.sin(torch.arange(32) / 5) + 0.2 * (mel - mel.mean(0))


@pytest.mark.parametrize("samples", [1, 37, 799, RATE, 3 * RATE + 17])
def test_identity_is_a_bypass(samples):
    wave = voice(max(samples, 400))[:samples]
    assert snr_db(wave, converter(lambda mel: mel).convert(wave, RATE)) > 60


def by_hand(convert, wave):
    """Convert a signal as a whole, of whose windows each has one change and one gain; both go in lines in dB."""
    half, hop = convert.config.window_frames // 2, ANALYSIS.stft.hop
    segments, peak = convert.segments(RATE), np.abs(wave - wave.mean()).max()
    wave = wave / peak
    found = convert.extract(wave, convert.order)
    frames, levels = len(found.mel), frame_levels(found.mel, ANALYSIS)
    begin = wave[: segments.pieces.first + segments.pieces.right]
    zero = 20 * np.log10(np.abs(begin - begin.mean()).max())  # from where levels are counted, in steps
    sound = overlap_add(found.stft, ANALYSIS.stft, len(wave)).numpy()  # without the frames' means

    def changed(part, change, length):
        made = apply_envelope(found.stft[part], found.mel[part], found.mel[part] + change, ANALYSIS)
        return overlap_add(made, ANALYSIS.stft, length).numpy()

    starts = [at for at in range(0, frames, half) if at == 0 or at + half < frames]
    weights, changes, gains = np.zeros((len(starts), frames)), np.zeros((frames, 32)), []
    for number, at in enumerate(starts):
        part, heard = slice(at, at + 2 * half), ActiveLevel(ANALYSIS)
        heard.add(levels[: at + 2 * half], -zero)
        change = segments.matched(found.mel[part], heard.value + zero) * heard.spoken
        own = sound[at * hop :][: len(change) * hop - 1]
        gains.append(10 * np.log10(np.sum(own**2.0) / np.sum(changed(part, change, len(own)) ** 2.0)))
        shown = np.minimum((np.arange(2 * half) + 0.5) / half, 2 - (np.arange(2 * half) + 0.5) / half)
        shown[:half] = 1 if number == 0 else shown[:half]
        shown[half:] = 1 if number == len(starts) - 1 else shown[half:]
        weights[number, part] = shown[: len(change)]
        changes[part] += weights[number, part, None] * change.numpy()
    np.testing.assert_allclose(weights.sum(0), 1)
    smooth = np.interp(np.arange(len(wave)) / hop, np.arange(frames), gains @ weights)
    made = changed(slice(None), torch.from_numpy(changes).float(), len(wave))
    return (made * 10 ** (smooth / 20) + wave - sound) * peak


def swelling(mel):
    """A mapping whose windows lose and gain a lot, each its own."""
    return mel + 2 * torch.sin(mel.std()) * torch.linspace(-9, 9, 32)


@pytest.mark.parametrize("window", [6, 200])
@pytest.mark.parametrize("frames", [1, 150, 200, 201, 299, 300, 301, 415, 730])
@pytest.mark.parametrize("mapping", [by_window_mean, swelling])
def test_blocks_give_what_the_whole_gives_by_hand(frames, window, mapping):
    """Lengths around the windows' edges, and windows that are shorter than what a frame depends on."""
    wave = voice(2500 + frames * ANALYSIS.stft.hop)[2500:][: frames * ANALYSIS.stft.hop - 23]
    convert = converter(mapping, window)
    blocks = np.concatenate(list(convert.stream(blocks_of(wave, 1234), RATE)))[:, 0]
    assert snr_db(by_hand(convert, wave), blocks) > 100


def test_loudness_has_no_steps_between_voices_of_unlike_level():
    """Of 11 s in windows of the default length."""
    quiet, loud = 0.03 * voice(6 * RATE), voice(5 * RATE, seed=1)
    wave, convert = np.concatenate([quiet, loud]), converter(swelling, 2000)
    assert snr_db(by_hand(convert, wave), convert.convert(wave, RATE)) > 100


@pytest.mark.parametrize("order", range(20, 100))
def test_unvoiced_frames_have_the_speakers_order_by_either_policy(order):
    convert = EnvelopeConverter(EnvelopeConfig(order_policy="frame"), order, PROFILE, lambda mel: mel)
    assert set(convert.segments(RATE).orders(np.zeros(400))) == {order}


def test_up_to_a_window_is_converted_at_once():
    calls = []

    def mapping(mel):
        calls.append(len(mel))
        return mel

    converter(mapping).convert(voice(150 * ANALYSIS.stft.hop), RATE)
    assert set(calls) == {151}


@pytest.mark.parametrize("rate", [12000, 16000, 22050, 44100, 48000])
def test_any_rate_and_channel_count_comes_back_as_it_came(rate):
    wave = voice(rate // 2 + 7, channels=2)
    result = converter(lambda mel: mel).convert(wave, rate)
    assert result.shape == wave.shape
    assert result.dtype == np.float32


def test_channels_are_converted_each_by_itself():
    wave = voice(RATE, channels=2)
    both = converter(by_window_mean).convert(wave, RATE)
    assert np.array_equal(both[:, 1], converter(by_window_mean).convert(wave[:, 1], RATE))


def test_empty_stays_empty():
    assert converter(lambda mel: mel).convert(np.zeros(0), RATE).shape == (0,)


def test_memory_does_not_grow_with_the_length():
    longest = 0

    def blocks():
        for seed in range(12):
            yield voice(RATE, seed=seed)[:, None]

    def mapping(mel):
        nonlocal longest
        longest = max(longest, len(mel))
        return mel

    assert sum(len(block) for block in converter(mapping).stream(blocks(), RATE)) == 12 * RATE
    assert longest <= 200
