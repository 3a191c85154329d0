"""Delays are found to the sample, at any gain, with noise, room and bleeding; what is none has no confidence."""

import numpy as np
import pytest
from scipy import signal

from audiolab.errors import AudiolabError
from audiolab.features.delay import find_delay, without

RATE = 8000
SECONDS = 5.0


def sound(rng, low=0.5, order=2):
    """Return noise of a spectrum like music's, whose level goes up and down, float64 [N]."""
    samples = round((SECONDS + 2) * RATE)
    noise = signal.lfilter(*signal.butter(order, low), rng.standard_normal(samples))
    level = np.repeat(10 ** rng.uniform(-1.5, 0, samples // 800 + 1), 800)[:samples]
    return noise * signal.lfilter([0.01], [1, -0.99], level) * 3


def cut(wave, delay, samples=40_000):
    """Return what a track has that lags by ``delay`` samples behind one of delay 0."""
    return wave[RATE - delay : RATE - delay + samples]


def room(rng, late):
    """Return what a small room does after ``late`` samples."""
    tail = rng.standard_normal(800) * 10 ** (-3 * np.arange(800) / 800)
    tail[0] = 3
    return np.pad(tail, (late, 0))


@pytest.mark.parametrize("delay", [0, 1, -1, 79, -80, 81, 3999, -4000, 4000])
@pytest.mark.parametrize("gain", [1.0, -0.01])
def test_exact_to_the_sample_at_any_gain_and_polarity(delay, gain):
    rng = np.random.default_rng(abs(delay))
    voice, band = sound(rng), sound(rng, 0.3)
    found = find_delay(gain * cut(voice, delay), cut(voice, 0) + cut(band, 0), RATE, 0.5)
    assert found.samples == delay
    assert found.confidence > 20


@pytest.mark.parametrize("seed", range(12))
def test_bleeding_noise_and_another_length_do_not_move_it(seed):
    """The band in the voice's track, through a room and later than the voice, lies elsewhere than in the mix."""
    rng = np.random.default_rng(seed)
    voice, band = sound(rng), sound(rng, 0.4)
    band *= np.std(voice) / np.std(band)
    heard = voice + 0.15 * np.convolve(band, room(rng, rng.integers(0, 1600)))[: len(band)]
    heard += 10 ** (-30 / 20) * np.std(voice) * rng.standard_normal(len(voice))
    delays = rng.integers(-3000, 3000, 2)
    mix = (cut(10 ** (rng.uniform(-12, 3) / 20) * heard + band, 0)).astype(np.float32)
    background = cut(0.5 * band + 0.03 * np.convolve(voice, room(rng, 50))[: len(band)], delays[0], 38_001)
    behind = find_delay(background.astype(np.float32), mix, RATE, 0.5)
    rest = without(mix, background.astype(np.float32), behind.samples)
    sung = find_delay(0.2 * cut(heard, delays[1], 41_003).astype(np.float32), rest, RATE, 0.5)
    assert (behind.samples, sung.samples) == tuple(delays)
    assert min(behind.confidence, sung.confidence) > 20


@pytest.mark.parametrize("seed", range(3))
def test_a_hum_that_both_have_does_not_hide_it(seed):
    """A correlation of the waveforms as they are would have its peaks where the hums are in phase."""
    rng = np.random.default_rng(seed)
    voice, time = sound(rng, 0.9), np.arange(40_000) / RATE
    hums = [10 * np.sin(2 * np.pi * 101.3 * time + phase) for phase in rng.uniform(0, 6, 2)]
    track, mix = cut(voice, 321) + hums[0], cut(voice, 0) + hums[1]
    assert abs(np.argmax(signal.correlate(track, mix, method="fft")) - len(mix) + 1 - 321) > 5
    assert find_delay(track, mix, RATE, 1.0).samples == 321


def test_a_longer_delay_than_the_longest_is_not_mistaken_for_a_short_one():
    """The mix's beginning is the track's end."""
    rng = np.random.default_rng(0)
    track, mix = rng.standard_normal((2, 40_000))
    mix[:4000] = track[36_000:]
    assert find_delay(track, mix, RATE, 1.0).confidence < 8
    assert find_delay(track, mix, RATE, 4.9).samples == 36_000


def test_what_is_beside_a_track_is_left():
    """The track lies elsewhere and went through a filter; what it has not in common with the mix stays."""
    rng = np.random.default_rng(0)
    voice, band = sound(rng), 5 * sound(rng, 0.4)
    filtered = signal.lfilter([1, 0.5, -0.2], [1, -0.3], band)
    left = without(cut(voice, 0) + cut(filtered, 0), cut(band, 700), 700)
    assert np.var(left - cut(voice, 0)) < 0.01 * np.var(cut(filtered, 0))
    np.testing.assert_allclose(without(cut(voice, 0), np.zeros(100), 0), cut(voice, 0), atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_sounds_with_nothing_in_common_have_no_confidence(seed):
    """Not even that both begin and end abruptly, which is all that they have at high frequencies."""
    rng = np.random.default_rng(seed)
    one, other = (signal.sosfilt(signal.butter(8, 0.2, output="sos"), sound(rng)) for _ in range(2))
    for wave, sign in ((one, 1), (other, -1)):
        wave += sign
    assert find_delay(cut(one, 0), cut(other, 0), RATE, 0.5).confidence < 9


@pytest.mark.parametrize("seed", range(4))
def test_of_two_places_that_waveforms_tell_the_level_tells_which(seed):
    """A copy that is soft where the track is loud has the higher peak; the track is where its level is."""
    rng = np.random.default_rng(seed)
    voice = sound(rng, 0.9)
    copy = voice / (signal.lfilter([0.01], [1, -0.99], voice**2) + 0.01 * np.var(voice))
    mix = cut(voice, 0) + cut(copy * 4 * np.std(voice) / np.std(copy), -1500)
    phases = np.angle(np.fft.rfft(cut(voice, 200), 2**17)) - np.angle(np.fft.rfft(mix, 2**17))
    peaks = np.fft.irfft(np.exp(1j * phases))
    assert peaks[1700] > peaks[200] > 0.52 * peaks[1700]
    assert find_delay(cut(voice, 200), mix, RATE, 2.0).samples == 200


def test_what_cannot_be_aligned_is_told():
    wave = cut(sound(np.random.default_rng(0)), 0)
    for track, mix in ((0 * wave, wave), (wave, 0 * wave), (wave[:4000], wave), (wave, wave[:4000])):
        with pytest.raises(AudiolabError, match=r"silent or not longer than the longest delay, 0\.5 s"):
            find_delay(track, mix, RATE, 0.5)
