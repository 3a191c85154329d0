"""Blocks at another rate and back: as the whole is, as long as what came, with outputs and channels in their places."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from audiolab.synthesis.long_audio import Pieces, in_batches
from audiolab.synthesis.streaming import Counted, Held, as_long_as, at_once, at_rate, blocks_of, resampled

RATE = 16000


def signal(rate=RATE, channels=1):
    """Return a second of tones below 4 kHz, another in each channel."""
    time = np.arange(rate) / rate
    tones = [np.sin(2 * np.pi * 440 * (number + 1) * time) for number in range(channels)]
    return (0.3 * np.stack(tones, 1) * np.hanning(rate)[:, None]).astype(np.float32)


def test_resampling_in_blocks_is_resampling_as_a_whole():
    wave = signal()
    whole = np.concatenate(list(resampled(blocks_of(wave, RATE), RATE, 22050)))
    parts = np.concatenate(list(resampled(blocks_of(wave, 777), RATE, 22050)))
    assert len(whole) == 22050
    assert np.allclose(whole, parts, atol=1e-6)


@pytest.mark.parametrize("made", [90, 99, 100, 101, 107])
def test_length_is_brought_to_what_came(made):
    counted = Counted(blocks_of(np.ones(100, np.float32), 30))
    passed = list(counted)
    assert sum(map(len, passed)) == 100
    result = np.concatenate(list(as_long_as(blocks_of(np.ones(made, np.float32), 40), counted)))
    assert len(result) == 100
    assert result.sum() == min(made, 100)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_process_works_at_its_own_rate_and_may_have_several_outputs(rate, channels):
    """Such as singing and accompaniment: each comes back as it would alone."""
    wave, seen = signal(rate, channels), []

    def both(blocks):
        for block in blocks:
            seen.append(len(block))
            yield np.stack([block, -0.5 * block], axis=1)

    def stream(blocks, rate):
        return at_rate(Counted(blocks), rate, RATE, both)

    found = at_once(stream, wave, rate)
    assert found.shape == (rate, 2, channels)
    assert sum(seen) == RATE
    assert np.abs(found[:, 0] - wave).max() < 1e-4
    assert np.abs(found[:, 1] + 0.5 * wave).max() < 1e-4
    assert np.array_equal(at_once(stream, wave[:, 0], rate), found[:, :, 0])


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_a_separator_of_songs(rate):
    """Stereo in, two outputs: a moving average and the rest, in windows that fade; together they are the song."""
    wave = np.concatenate([signal(rate, 2), 0.5 * signal(rate, 2)])

    def separate(batch):
        padded = np.pad(batch, ((0, 0), (8, 8), (0, 0)))
        smooth = np.lib.stride_tricks.sliding_window_view(padded, 17, axis=1).mean(-1, dtype=np.float32)
        return np.stack([smooth, batch - smooth], axis=2)

    def stream(blocks, rate):
        pieces = Pieces(length=RATE // 2, left=8, right=8, fade=RATE // 10)
        return at_rate(Counted(blocks), rate, RATE, lambda each: in_batches(each, separate, pieces, 3))

    both = at_once(stream, wave, rate)
    assert both.shape == (2 * rate, 2, 2)
    assert at_once(stream, wave[:0], rate).shape == (0, 2, 2)
    assert at_once(stream, wave[:0, 0], rate).shape == (0, 2)
    assert np.abs(both.sum(1) - wave).max() < 1e-4
    if rate == RATE:
        np.testing.assert_allclose(both, separate(wave[None])[0], atol=1e-6)
    streamed = np.concatenate(list(stream(blocks_of(wave, 999), rate)))
    assert np.abs(streamed - both).max() < 1e-6


RATES = pytest.mark.parametrize(("original", "rate"), [(44100, 16000), (16000, 44100), (48000, 16000), (12000, 16000)])


@RATES
@pytest.mark.parametrize("size", [1, 2, 3, 5, 50, 4000])
@pytest.mark.parametrize("block", [1, 7, 5000])
def test_resampling_keeps_an_offset_and_makes_what_lies_within_the_signal(original, rate, size, block):
    flat = np.full((size, 2), [0.3, -0.6], np.float32)
    found = np.concatenate(list(resampled(blocks_of(flat, block), original, rate)))
    assert found.shape == (-(-size * rate // original), 2)
    assert np.abs(found - flat[0]).max() < 1e-7


@RATES
def test_resampling_bends_a_ramp_at_its_ends_alone(original, rate):
    """By less than half of what it rises by from sample to sample."""
    ramp = np.linspace(-0.5, 0.5, 4000, dtype=np.float32)
    found = np.concatenate(list(resampled(blocks_of(ramp, 77), original, rate)))[:, 0]
    line = np.interp(np.arange(len(found)) * original / rate, np.arange(4000), ramp)
    assert np.abs(found - line).max() < 0.5 / (4000 * min(1, rate / original))


@pytest.mark.parametrize("rate", [12000, 16000, 22050, 44100])
def test_ends_of_a_signal_with_an_offset_are_as_clean_as_its_middle(rate):
    """There and back, in blocks of any size, without a word between them."""
    wave = np.pad(signal(rate)[:, 0], rate // 4) + np.float32(0.3)
    for size in (1000, 1 << 18):
        made = at_rate(Counted(blocks_of(wave, size)), rate, 16000, lambda blocks: blocks)
        found = np.concatenate(list(made))[:, 0] - np.float32(0.3)
        assert np.abs(found[: rate // 5]).max() < 1e-6
        assert np.abs(found[-rate // 5 :]).max() < 1e-6


@pytest.mark.parametrize("sizes", [[100], [1] * 100, [0, 30, 0, 70, 0], [33, 33, 34]])
def test_what_passed_is_held_until_it_is_taken(sizes):
    wave = signal()[:100]
    ends = np.cumsum([0, *sizes])
    held = Held(iter([wave[first:end] for first, end in pairwise(ends)]))
    passed = held.__iter__()
    for _ in sizes[:2]:
        next(passed)
    first = held.take(1)
    assert len(held.take(0)) == 0
    list(passed)
    rest = [held.take(count) for count in (9, 0, 40, 50, 0)]
    assert np.array_equal(np.concatenate([first, *rest]), wave)
    assert held.take(0).shape == (0, 1)


def test_what_was_taken_is_not_held():
    held = Held(blocks_of(np.zeros((10_000_000, 1), np.float32), 100_000))
    tracemalloc.start()
    for block in held:
        held.take(len(block))
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()
