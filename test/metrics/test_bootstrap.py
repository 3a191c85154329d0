import numpy as np
import pytest
from scipy.stats import bootstrap, norm, t

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import mean_interval, median_interval


def expanded(count, level=0.95):
    """Return the level whose percentile interval is the expanded one of ``level`` (Hesterberg 2015)."""
    reach = np.sqrt(count / (count - 1)) * t.ppf(0.5 + level / 2, count - 1)
    return 1 - 2 * norm.cdf(-reach)


def scipys(values, mean, count):
    alone = mean in (np.mean, np.median)
    values = (np.asarray(values),) if alone else values
    options = {"paired": not alone, "vectorized": alone}
    return bootstrap(
        values, mean, n_resamples=20_000, method="percentile", confidence_level=expanded(count), **options,
        rng=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip


def test_agrees_with_scipy():
    values = np.random.default_rng(0).gamma(2, size=60)
    ours = mean_interval(values, np.random.default_rng(1), resamples=20_000)
    theirs = scipys(values, np.mean, 60)
    assert ours.mean == values.mean()
    assert ours.count == 60
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02 * values.std())


def test_clusters_agree_with_scipy():
    generator = np.random.default_rng(7)
    clusters = [f"c{number}" for number in range(12) for _ in range(number % 4 + 1)]
    values = generator.gamma(2, size=len(clusters)) + np.array([int(name[1:]) for name in clusters])
    shuffled = generator.permutation(len(clusters))
    ours = mean_interval(values[shuffled], np.random.default_rng(1), [clusters[n] for n in shuffled], resamples=20_000)
    of_each = [values[[name == cluster for name in clusters]] for cluster in dict.fromkeys(clusters)]
    sums, counts = np.array([(each.sum(), len(each)) for each in of_each]).T
    theirs = scipys((sums, counts), lambda x, n: x.sum() / n.sum(), 12)
    assert ours.mean == pytest.approx(values.mean(), abs=1e-12)
    assert ours.count == len(values)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02 * values.std())


def test_clusters_of_one_are_independent_values():
    values = np.random.default_rng(8).standard_normal(30)
    alone = mean_interval(values, np.random.default_rng(1), list(range(30)))
    assert alone == mean_interval(values, np.random.default_rng(1))


@pytest.mark.parametrize("speakers", [7, 12])
def test_covers_the_true_mean_where_utterances_of_a_speaker_are_alike(speakers):
    generator = np.random.default_rng(9)
    whose = np.repeat(np.arange(speakers), 7)
    by_speaker = by_utterance = 0
    for _ in range(400):
        values = generator.standard_normal(speakers)[whose] + 0.7 * generator.standard_normal(len(whose))
        found = mean_interval(values, generator, whose.tolist(), resamples=500)
        by_speaker += found.low <= 0 <= found.high
        found = mean_interval(values, generator, resamples=500)
        by_utterance += found.low <= 0 <= found.high
    assert 0.90 < by_speaker / 400 < 0.98
    assert by_utterance / 400 < 0.75


def test_fewer_than_five_clusters_have_no_interval():
    for values, clusters in (([3.0], None), (list(range(4)), None), (list(range(8)), list("aabbccdd"))):
        found = mean_interval(np.array(values), np.random.default_rng(0), clusters, resamples=10)
        assert found.mean == np.mean(values)
        assert np.isnan([found.low, found.high, found.half_width]).all()
    assert mean_interval(np.arange(5.0), np.random.default_rng(0), resamples=2000).low <= 0.4


def test_each_value_has_a_cluster():
    with pytest.raises(AudiolabError, match="2 clusters of 3 values"):
        mean_interval(np.ones(3), np.random.default_rng(0), ["a", "b"])


def test_covers_the_true_mean_nineteen_times_in_twenty():
    generator = np.random.default_rng(3)
    draws = [mean_interval(generator.standard_normal(40), generator, resamples=500) for _ in range(500)]
    covered = np.mean([interval.low <= 0 <= interval.high for interval in draws])
    assert 0.92 < covered < 0.98  # three standard errors are 0.03


def test_same_generator_same_interval_and_memory_is_bounded():
    values = np.random.default_rng(4).standard_normal(50_000)
    first, second = (mean_interval(values, np.random.default_rng(5), resamples=100) for _ in range(2))
    assert first == second
    assert first.half_width == pytest.approx(1.96 / np.sqrt(50_000), rel=0.2)


@pytest.mark.parametrize("values", [[], [1.0, np.nan]])
def test_nothing_or_nan_is_refused(values):
    with pytest.raises(AudiolabError, match="finite"):
        mean_interval(np.array(values), np.random.default_rng(0))


def test_median_agrees_with_scipy():
    values = np.random.default_rng(0).gamma(2, size=61)
    ours = median_interval(values, np.random.default_rng(1), resamples=20_000)
    theirs = scipys(values, np.median, 61)
    assert (ours.mean, ours.count) == (np.median(values), 61)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.05 * values.std())


def test_several_medians_are_averaged_and_their_rows_drawn_together():
    values = np.random.default_rng(3).standard_normal(40)
    both = np.stack([values, -values + 3], axis=1)
    ours = median_interval(both, np.random.default_rng(1))
    assert ours.mean == pytest.approx((np.median(both[:, 0]) + np.median(both[:, 1])) / 2)
    assert ours.high - ours.low < 1e-9  # what the one rises the other falls, in each draw
    assert ours.count == 40


def test_few_values_have_a_median_and_no_interval():
    found = median_interval(np.array([1.0, 2.0, 4.0, 9.0]), np.random.default_rng(0))
    assert found.mean == 3
    assert np.isnan([found.low, found.high]).all()
    assert np.isfinite(median_interval(np.arange(5.0), np.random.default_rng(0)).low)


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [[[1.0]]]])
def test_a_median_needs_finite_values(values):
    with pytest.raises(AudiolabError, match="needs one finite value or more"):
        median_interval(np.array(values), np.random.default_rng(0))


def test_interval_of_a_median_covers_it():
    generator = np.random.default_rng(5)
    found = [median_interval(generator.standard_normal(8), generator, resamples=500) for _ in range(400)]
    assert 0.92 < np.mean([each.low <= 0 <= each.high for each in found]) < 0.995
