"""Conversion at other levels, rates and channels is the conversion at the source's own, and as loud as its source.

The mappings are known functions, which see the level, the scale or the whole of their window, as trained ones may.
"""

import numpy as np
import pytest
import soxr
import torch
from scipy.signal import lfilter

from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.mel import mel_centres
from audiolab.features.speech_level import ActiveLevel, frame_levels, is_active
from audiolab.features.speech_profile import profile_of
from audiolab.synthesis.envelope_converter import EnvelopeConverter, EnvelopeConverterConfig
from audiolab.synthesis.envelope_filter import EnvelopeFilterConfig
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.speechlike import speech_like
from audiolab.synthesis.streaming import blocks_of

ANALYSIS = EnvelopeConfig()
RATE = ANALYSIS.stft.rate
ORDER = 60
EXTRACT = MelEnvelope(ANALYSIS)


def speech(seconds=2.0, seed=0):
    """Speech-like sound over a little noise, with a bright enough upper half."""
    generator = np.random.default_rng(seed)
    wave = speech_like(seconds, RATE, 120, generator)
    wave = lfilter([1, -0.6], [1], wave) + 1e-4 * generator.standard_normal(len(wave))
    return (0.3 * wave / np.abs(wave).max()).astype(np.float32)


TRAINING = [EXTRACT.features(speech(4.0, seed), ORDER) for seed in (11, 12)]
PROFILE = profile_of(TRAINING, ANALYSIS, "A")
MEAN, STD = (torch.from_numpy(f(np.concatenate(TRAINING), axis=0)) for f in (np.mean, np.std))
TILT = torch.linspace(-9, 9, 32)


def by_statistics(mel):
    """Mean and variance by band, as the baseline has it: what it does depends on the level."""
    return (mel - MEAN) * (0.8 + 0.4 * torch.sigmoid(TILT)) + MEAN + TILT + 12


def blind(mel):
    """As instance normalisation is: its output stays at the level of training, whatever goes in."""
    scaled = (mel - MEAN) / STD
    scaled = (scaled - scaled.mean()) / scaled.std()
    return (scaled.roll(1, 1) + 0.5 * scaled) * STD + MEAN + TILT - 6


def by_level(mel):
    """Turns round what is loud: any shift of its input shows."""
    return mel + 10 * torch.sin(mel / 9)


MAPPINGS = [by_statistics, blind, by_level]


def converter(mapping, window=400, **filtering):
    config = EnvelopeConverterConfig(window, EnvelopeFilterConfig(**filtering))
    return EnvelopeConverter(ANALYSIS, ORDER, PROFILE, mapping, config)


def db(ratio):
    return 20 * np.log10(ratio)


def rms(wave):
    return np.sqrt(np.mean(np.square(wave, dtype=np.float64)))


def level_of_error(found, expected):
    return db(max(rms(found - expected), 1e-12) / rms(expected))


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("gain", [-60, -30, -20, -10, -3.7, 10, 20])
def test_a_gain_of_the_source_is_that_gain_of_the_result(mapping, gain):
    wave, factor = 0.1 * speech(), np.float32(10 ** (gain / 20))
    plain = converter(mapping).convert(wave, RATE)
    assert level_of_error(plain, wave) > -12  # it does something
    assert level_of_error(converter(mapping).convert(wave * factor, RATE) / factor, plain) < -40


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize(("gain", "offset"), [(1, 0.001), (1, -0.01), (1, 0.2), (0.03, 0.3)])
def test_an_offset_of_the_source_is_that_offset_of_the_result(mapping, gain, offset):
    """Also where there is no sound beside it, which stays silence, and where it is ten times the sound."""
    wave = np.float32(gain) * np.pad(speech(), (9000, 9000))
    plain = converter(mapping).convert(wave, RATE)
    made = converter(mapping).convert(wave + np.float32(offset), RATE) - np.float32(offset)
    assert level_of_error(made, plain) < -40


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_channels_keep_their_differences(mapping):
    wave = speech()
    both = converter(mapping).convert(np.stack([wave, wave / 2, 0 * wave], 1), RATE)
    assert level_of_error(2 * both[:, 1], both[:, 0]) < -40
    assert np.array_equal(both[:, 0], converter(mapping).convert(wave, RATE))
    assert not both[:, 2].any()


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_streamed_and_whole_are_alike_at_any_level(mapping):
    wave = 0.01 * np.concatenate([speech(3.0, 1), 0.1 * speech(3.0, 2), speech(2.0, 3)])  # windows of several levels
    whole = converter(mapping).convert(wave, RATE)
    for size in (997, 50000):
        assert np.array_equal(np.concatenate(list(converter(mapping).stream(blocks_of(wave, size), RATE)))[:, 0], whole)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_speech_is_as_loud_as_before(mapping):
    wave = speech()
    assert abs(db(rms(converter(mapping).convert(wave, RATE)) / rms(wave))) < 0.3


def test_a_change_of_level_alone_is_no_change():
    """The limit acts on the shape: 60 dB up is within it, and is taken off again."""
    wave = speech()
    assert level_of_error(converter(lambda mel: mel + 60).convert(wave, RATE), wave) < -60


def test_the_limit_is_about_the_shapes_mean():
    """From 0 to 40 dB across the bands is ±20 dB of shape, and is not cut."""
    tilt = torch.linspace(0, 40, 32)
    narrow, wide = (converter(lambda mel: mel + tilt, limit_db=limit).convert(speech(), RATE) for limit in (20.5, 60))
    assert level_of_error(narrow, wide) < -60


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_silence_before_the_speech_does_not_fix_its_level(mapping):
    """Windows of faint noise first; no window with speech is heard at another level than speech alone."""
    heard, alone = [], []

    def watched(levels):
        return lambda mel: levels.append(frame_levels(mel, ANALYSIS).max().item()) or mapping(mel)

    noise = 1e-5 * np.random.default_rng(0).standard_normal(17 * RATE // 2).astype(np.float32)
    made = converter(watched(heard)).convert(np.concatenate([noise, speech(2.0), noise, speech(2.0), noise]), RATE)
    converter(watched(alone)).convert(speech(), RATE)
    assert max(heard) == pytest.approx(alone[0], abs=1.5)
    quiet = made[-4 * RATE :]
    assert level_of_error(quiet, noise[-4 * RATE :]) < -40  # noise stays what it is once speech was heard


def hiss(seconds, level, seed=0):
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_noise_stays_as_it_is_until_speech_is_heard(mapping, gain):
    """Of windows of 2 s: those before the speech, at its own level; what comes after is as with silence before it."""
    wave, noise = np.float32(gain) * speech(3.0), np.float32(gain) * hiss(8.0, 1e-3)
    mixed = np.concatenate([noise, wave])
    made = converter(mapping).convert(mixed, RATE)
    until = 6 * RATE - 2000  # the last window before the speech begins here, less what its frames see
    assert level_of_error(made[:until], noise[:until]) < -60
    later = converter(mapping).convert(np.concatenate([0 * noise, wave]), RATE)
    steady = slice(len(noise) + RATE // 2, None)
    assert level_of_error(later[steady], mixed[steady]) > -12  # it does something
    assert level_of_error(made[steady], later[steady]) < -20
    for size in (997, 50000):
        blocks = converter(mapping).stream(blocks_of(mixed, size), RATE)
        assert np.array_equal(np.concatenate(list(blocks))[:, 0], made)


def test_channels_without_speech_are_told(caplog):
    """One of noise beside one of speech and a silent one, which is nothing to be told."""
    wave = np.stack([speech(3.0), hiss(3.0, 0.1), np.zeros(3 * RATE, np.float32)], axis=1)
    made = converter(by_level).convert(wave, RATE)
    assert level_of_error(made[:, 1], wave[:, 1]) < -60
    assert level_of_error(made[:, 0], wave[:, 0]) > -12
    assert [record.getMessage() for record in caplog.records] == [
        "channel 2 stays as it is: no speech is heard in it, steady noise at most"
    ]


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_pauses_beside_the_speech_leave_it_and_stay_what_they_are(mapping, noise):
    """A mapping that normalises over its frames, as `blind` does, is not given what is no speech."""
    seconds, wave = 2.5, speech()
    pause = noise * np.diff(np.random.default_rng(0).standard_normal(1 + round(seconds * RATE))).astype(np.float32)
    alone = converter(mapping, 4000).convert(wave, RATE)
    made = converter(mapping, 4000).convert(np.concatenate([pause, wave, pause]), RATE)
    before, between, after = np.split(made, [len(pause), len(pause) + len(wave)])
    difference = EXTRACT(between, ORDER).mel - EXTRACT(alone, ORDER).mel
    difference -= difference.mean(1, keepdim=True)
    assert difference[20:-20].square().mean().sqrt() < (2.5 if noise else 4.0)  # 5.6 and 8.1 with all frames
    far = round((seconds - 0.5) * RATE)
    for found, given in ((before[:far], pause[:far]), (after[-far:], pause[-far:])):
        gain = (found @ given) / (given @ given) if noise else 0.0  # of the window, as loudness is kept
        assert rms(found - gain * given) <= 1e-3 * rms(found)


@pytest.mark.parametrize("windows", [0.5, 1, 1.5, 2, 2.25, 3.6])
def test_digital_silence_of_any_length_may_come_first(windows):
    """In one channel of two as well: what comes after is converted as without it."""
    wave, silent = speech(3.0), np.zeros(round(windows * 400) * ANALYSIS.stft.hop, np.float32)
    late = converter(by_statistics).convert(np.concatenate([silent, wave, silent]), RATE)
    assert not late[: len(silent) - RATE // 2].any()
    assert not late[-(len(silent) - RATE // 2) :].any()
    found = late[len(silent) : len(silent) + len(wave)]
    assert abs(db(rms(found) / rms(wave))) < 0.5
    pair = np.stack([np.concatenate([wave, silent]), np.concatenate([silent, wave])], 1)
    both = converter(by_statistics).convert(pair, RATE)
    for channel in (0, 1):
        assert np.array_equal(both[:, channel], converter(by_statistics).convert(pair[:, channel], RATE))


@pytest.mark.parametrize("window", [2, 6, 12, 50])
def test_windows_may_be_shorter_than_what_a_frame_depends_on(window):
    wave = 0.1 * speech(1.0)
    made = converter(by_level, window).convert(wave, RATE)
    assert abs(db(rms(made) / rms(wave))) < 1
    assert np.array_equal(
        np.concatenate(list(converter(by_level, window).stream(blocks_of(wave, 777), RATE)))[:, 0], made
    )


def shapes(mapping, rate):
    """Return the change of shape in the bands below 3.4 kHz where speech is, as the filter is given it."""
    wave = speech(3.0, 5)
    highest = None
    if rate != RATE:
        low = soxr.resample(wave, RATE, rate, quality="HQ")
        wave = soxr.resample(low, rate, RATE, quality="HQ")[: len(wave)].astype(np.float32)
        highest = 0.9 * rate / 2
    found = EXTRACT(wave, ORDER, highest).mel
    heard, levels = ActiveLevel(ANALYSIS), frame_levels(found, ANALYSIS)
    heard.add(levels)
    shape = converter(mapping).segments(rate).matched(found, heard.value)
    spoken = is_active(levels, heard.value)
    return shape[spoken][:, mel_centres(32, 0, 8000) < 3400], spoken


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("rate", [12000, 14700])
def test_a_recording_of_a_lower_rate_is_converted_as_that_at_16_khz(mapping, rate):
    (full, spoken), (low, others) = shapes(mapping, RATE), shapes(mapping, rate)
    assert (spoken != others).float().mean() < 0.02
    common = spoken & others
    difference = low[common[others]] - full[common[spoken]]
    difference = difference - difference.mean()  # of level, which is restored
    assert difference.square().mean().sqrt() < 1.0


@pytest.mark.parametrize("rate", [8000, 11025])
def test_lower_rates_are_refused(rate):
    with pytest.raises(AudiolabError, match=f"a rate of {rate} Hz: too little of a voice .* 12000 Hz or more"):
        converter(by_level).convert(speech()[:8000], rate)


def test_what_would_pass_full_scale_is_limited_told_and_counted(caplog):
    wave = speech()
    wave = 0.999 * wave / np.abs(wave).max()
    flat = lambda mel: mel.mean(1, keepdim=True) + 0.1 * mel  # noqa: E731  # most of a pulse's energy in a moment
    limiter = Limiter()
    found = converter(flat).convert(wave, RATE, limiter)
    free = converter(flat).convert(0.1 * wave, RATE) * 10
    assert np.abs(free).max() > 1.1
    assert np.abs(found).max() < 1
    assert abs(limiter.samples - (np.abs(free) > 1).sum()) <= 2
    assert "would have passed full scale" in caplog.text
    loud = converter(flat).convert(10 * wave, RATE)  # floats over full scale are followed
    assert level_of_error(loud / 10, free) < -20


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_model_that_makes_nan_is_told(bad):
    with pytest.raises(AudiolabError, match="the model makes NaN or infinite samples, the first is number 0: its wei"):
        converter(lambda mel: mel * bad).convert(speech(0.5), RATE)


@pytest.mark.parametrize("window", [2, 6, 50])
def test_level_of_the_last_window_is_that_of_all_frames(window):
    """Each is counted once, in whatever window it comes; the speech gets 20 dB louder on its way.

    The peaks that it is analysed at are others, so levels are told below the window's loudest frame.
    """
    told, wave = [], speech(1.0)
    wave = wave * np.geomspace(0.1, 1, len(wave), dtype=np.float32)
    convert = converter(by_level, window)
    segments = convert.segments(RATE)
    matched, convert.segments = segments.matched, lambda rate: segments
    segments.matched = lambda mel, level: told.append((mel, level)) or matched(mel, level)
    convert.convert(wave, RATE)
    mel, level = told[-1]
    levels, heard = frame_levels(EXTRACT(wave, ORDER).mel, ANALYSIS), ActiveLevel(ANALYSIS)
    heard.add(levels)
    below = level - frame_levels(mel, ANALYSIS).max().item()
    assert below == pytest.approx(heard.value - levels[-len(mel) :].max().item(), abs=0.1)


def test_loudness_is_restored_without_steps():
    """Of tones that get a gain each, in windows of 20 frames: between those the gain goes as lines do in dB.

    The filter is the same all the time; so what short windows give beside a long one is the restoring gain alone.
    The tones' zeros are not always where frames begin, as 500 Hz would have it, and hide no step. It begins quietly,
    for what is steady is not converted.
    """
    time = np.arange(RATE) / RATE
    low, high = (0.3 * np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (470, 3100))
    wave = np.concatenate([0.1 * low[: RATE * 3 // 10], low, high])
    made, whole = (converter(lambda mel: mel + TILT, window).convert(wave, RATE) for window in (20, 1000))
    sounding = np.abs(whole) > 0.3 * np.abs(whole[len(low) // 2 : -len(high) // 2]).max()
    gain = db(np.abs(made[sounding]) / np.abs(whole[sounding]))
    assert gain.max() - gain.min() > 4
    assert np.abs(np.diff(gain)[np.diff(np.flatnonzero(sounding)) == 1]).max() < 0.1
