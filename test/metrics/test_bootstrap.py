import numpy as np
import pytest
from scipy.stats import bootstrap

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import mean_interval, paired_difference


def test_agrees_with_scipy():
    values = np.random.default_rng(0).gamma(2, size=60)
    ours = mean_interval(values, np.random.default_rng(1), resamples=20_000)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert ours.mean == values.mean()
    assert ours.count == 60
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02 * values.std())


def test_covers_the_true_mean_nineteen_times_in_twenty():
    generator = np.random.default_rng(3)
    draws = [mean_interval(generator.standard_normal(40), generator, resamples=500) for _ in range(500)]
    covered = np.mean([interval.low <= 0 <= interval.high for interval in draws])
    # The percentile interval of 40 values covers a little less than 95 %; three standard errors are 0.03.
    assert 0.90 < covered < 0.97


def test_same_generator_same_interval_and_memory_is_bounded():
    values = np.random.default_rng(4).standard_normal(50_000)
    first, second = (mean_interval(values, np.random.default_rng(5), resamples=100) for _ in range(2))
    assert first == second
    assert first.half_width == pytest.approx(1.96 / np.sqrt(50_000), rel=0.2)


def test_pairs_are_much_narrower_than_the_values_spread():
    generator = np.random.default_rng(6)
    hard = 5 * generator.standard_normal(100)
    better = paired_difference(hard - 0.5 + 0.1 * generator.standard_normal(100), hard, generator)
    assert better.high < -0.45
    assert better.low > -0.55


def test_one_value_is_its_own_interval():
    interval = mean_interval(np.array([3.0]), np.random.default_rng(0), resamples=10)
    assert (interval.mean, interval.low, interval.high) == (3, 3, 3)


@pytest.mark.parametrize("values", [[], [1.0, np.nan]])
def test_nothing_or_nan_is_refused(values):
    with pytest.raises(AudiolabError, match="finite"):
        mean_interval(np.array(values), np.random.default_rng(0))


def test_pairs_of_unlike_length_are_refused():
    with pytest.raises(AudiolabError, match="no pairs"):
        paired_difference(np.ones(3), np.ones(2), np.random.default_rng(0))
