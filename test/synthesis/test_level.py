"""The level of blocks is that of the whole, however large an offset is."""

import numpy as np
import pytest

from audiolab.synthesis.level import Level
from audiolab.synthesis.streaming import blocks_of


@pytest.mark.parametrize("size", [1, 777, 1 << 18])
@pytest.mark.parametrize("offset", [0.0, -0.7])
def test_mean_and_deviation_of_each_channel(size, offset):
    wave = (np.random.default_rng(0).standard_normal((5000, 2)) * [1e-3, 0.2] + offset).astype(np.float32)
    level = Level.of(blocks_of(wave, size))
    np.testing.assert_allclose(level.mean, wave.mean(0, dtype=np.float64), rtol=1e-9)
    np.testing.assert_allclose(level.deviation, wave.std(0, dtype=np.float64), rtol=1e-6)


def test_blocks_pass_and_are_counted_when_they_do():
    wave = np.arange(10, dtype=np.float32)[:, None]
    level = Level()
    watched = level.watch(blocks_of(wave, 5))
    assert np.array_equal(next(watched), wave[:5])
    assert level.mean == pytest.approx(2)
    assert np.array_equal(next(watched), wave[5:])
    assert level.mean == pytest.approx(4.5)


def test_of_nothing_is_zero():
    level = Level.of([])
    assert level.mean == level.deviation == 0
