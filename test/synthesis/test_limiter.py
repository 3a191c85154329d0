"""The limiter keeps what is made within full scale where its source is, gently, and counts what it kept."""

import numpy as np
import pytest

from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.streaming import Counted, blocks_of

RATE = 16000


def tone(peak, samples=3 * RATE):
    envelope = np.ones(samples)
    envelope[RATE : RATE + 2000] = peak
    return (0.9 * envelope * np.sin(np.arange(samples) / 7))[:, None].astype(np.float32)


def limited(made, source, size=1000):
    """Return what comes out, and the limiter; ``made`` is not ahead of ``source``."""
    counted, limiter = Counted(blocks_of(source, size)), Limiter()

    def blocks():
        for start, _ in zip(range(0, len(made), size), counted):
            yield made[start : start + size]

    return np.concatenate(list(limiter.apply(blocks(), RATE, counted))), limiter


def test_peaks_are_lowered_and_told(caplog):
    made = tone(2.0)
    found, limiter = limited(made, tone(1.0))
    assert np.abs(found).max() <= 1 - 2**-15
    assert limiter.samples == (np.abs(made) > 1).sum() > 500
    assert limiter.most_db == pytest.approx(20 * np.log10(1.8), abs=0.05)
    assert [f"{limiter.samples} samples would have passed full scale" in r.message for r in caplog.records] == [True]
    far = np.r_[0 : RATE - 400, RATE + 2400 : 3 * RATE]  # of the peak
    assert np.array_equal(found[far], made[far])
    gain = found[100:] / np.where(np.abs(made[100:]) > 0.05, made[100:], np.nan)
    assert np.nanmax(np.abs(np.diff(gain[:, 0]))) < 0.03  # no steps


def test_below_full_scale_nothing_is_done(caplog):
    found, limiter = limited(tone(1.1), tone(1.0))
    assert np.array_equal(found, tone(1.1))
    assert (limiter.samples, limiter.most_db) == (0, 0.0)
    assert not caplog.records


def test_a_source_over_full_scale_is_followed():
    """Floats may be over it; what was so before is no clipping of ours."""
    made = tone(2.0)
    found, limiter = limited(made, tone(1.2))
    assert np.array_equal(found[RATE + 200 :], made[RATE + 200 :])
    assert limiter.samples <= 2


def test_full_scale_may_hold_whatever_the_source_does():
    counted, limiter = Counted(blocks_of(tone(1.2), 1000)), Limiter(always=True)
    made = (block for block, _ in zip(blocks_of(tone(2.0), 1000), counted))
    assert np.abs(np.concatenate(list(limiter.apply(made, RATE, counted)))).max() <= 1 - 2**-15
    assert limiter.samples == (np.abs(tone(2.0)) > 1).sum()


@pytest.mark.parametrize("loud", [0, 1])
def test_channels_keep_their_differences(loud):
    """Whichever passes full scale, both are lowered alike."""
    made = np.concatenate([tone(2.0), tone(2.0) / 2], 1)[:, [loud, 1 - loud]]
    found, limiter = limited(made, made / 2)
    assert np.allclose(found[:, 1 - loud], found[:, loud] / 2)
    assert np.abs(found).max() <= 1 - 2**-15
    assert limiter.samples == (np.abs(made) > 1).sum() > 500


def test_outputs_are_lowered_alike_and_gently():
    """A sine over full scale beside another output, with a channel or two, is as clean as alone; their sum is one."""
    loud, other = tone(2.0), 0.1 * np.cos(np.arange(3 * RATE) / 11)[:, None].astype(np.float32)
    alone, _ = limited(loud, tone(1.0))
    for channels in (1, 2):
        outputs = np.repeat(np.stack([loud, other], axis=1), channels, axis=2)
        found, limiter = limited(outputs, np.repeat(tone(1.0), channels, axis=1))
        assert found.shape == outputs.shape
        assert np.array_equal(found[:, 0], np.repeat(alone, channels, axis=1))
        assert limiter.samples == channels * (np.abs(loud) > 1).sum()
        gain = alone / np.where(np.abs(loud) > 0.05, loud, np.nan)
        sums = np.stack([found.sum(1)[:, 0], (gain * (loud + other))[:, 0]])[:, np.isfinite(gain[:, 0])]
        np.testing.assert_allclose(sums[0], sums[1], atol=1e-5)


def test_the_most_of_all_peaks_is_told():
    """Of two, seconds apart, be the higher one the first or the last."""
    both = np.concatenate([tone(2.0), tone(1.3)])
    for made in (both, both[::-1]):
        _, limiter = limited(np.ascontiguousarray(made), np.concatenate([tone(1.0)] * 2))
        assert limiter.most_db == pytest.approx(20 * np.log10(1.8), abs=0.05)


def test_blocks_of_any_size_give_the_same():
    made = tone(2.0)
    results = [limited(made, tone(1.0), size)[0] for size in (37, 5000, 10**6)]
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])
