"""Equal error rates by hand, and as scikit-learn and SciPy find them on the curve; trials as a loop makes them."""

import numpy as np
import pytest
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import roc_curve

from audiolab.errors import AudiolabError
from audiolab.metrics.verification import equal_error, trials


def by_libraries(scores, same):
    """As CorentinJ's GE2E validates: the root of 1 − x = TPR(x) on the curve of false and true acceptance."""
    false, true, _ = roc_curve(same, scores)
    return brentq(lambda x: 1 - x - interp1d(false, true)(x), 0, 1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("digits", [1, 12])
def test_rate_is_that_of_the_libraries(seed, digits):
    """With one digit many scores are equal, also of both kinds."""
    generator = np.random.default_rng(seed)
    same = generator.random(400) < generator.uniform(0.1, 0.9)
    scores = (generator.standard_normal(400) + generator.uniform(0, 2) * same).round(digits)
    found = equal_error(scores, same)
    assert found.rate == pytest.approx(by_libraries(scores, same), abs=1e-6)
    accepted, rejected = (scores[~same] >= found.threshold).mean(), (scores[same] < found.threshold).mean()
    assert accepted == pytest.approx(rejected, abs=0.03 if digits > 1 else 0.3)


@pytest.mark.parametrize(
    ("scores", "same", "rate"),
    [
        ([4, 3, 2, 1], [1, 1, 0, 0], 0.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], 1.0),
        ([4, 3, 2, 1], [1, 0, 1, 0], 0.5),
        ([1, 1, 1, 1], [1, 0, 1, 0], 0.5),
        ([6, 5, 4, 3, 2, 1], [1, 1, 0, 1, 0, 0], 1 / 3),
    ],
)
def test_rates_by_hand(scores, same, rate):
    assert equal_error(np.array(scores), np.array(same, bool)).rate == pytest.approx(rate)


def test_the_threshold_lies_between_the_kinds():
    found = equal_error(np.array([0.9, 0.8, 0.3, 0.2]), np.array([True, True, False, False]))
    assert 0.3 <= found.threshold <= 0.8


@pytest.mark.parametrize("same", [[True, True], [False, False]])
def test_one_kind_of_trials_is_refused(same):
    with pytest.raises(AudiolabError, match="one kind is missing"):
        equal_error(np.array([0.1, 0.2]), np.array(same))


def test_scores_that_are_nan_are_refused():
    with pytest.raises(AudiolabError, match="NaN"):
        equal_error(np.array([0.1, np.nan]), np.array([True, False]))


def test_trials_are_those_of_a_loop():
    """Speakers of one to four utterances; the one of a single utterance has no trial against itself."""
    generator = np.random.default_rng(0)
    speakers = np.array([2, 0, 1, 2, 0, 2, 3, 2, 0])
    voices = generator.standard_normal((len(speakers), 5))
    voices /= np.linalg.norm(voices, axis=1, keepdims=True)
    wanted = []
    for number, voice in enumerate(voices):
        for speaker in range(4):
            others = [v for n, v in enumerate(voices) if speakers[n] == speaker and n != number]
            if others:
                mean = np.mean(others, axis=0)
                cosine = voice @ mean / np.linalg.norm(mean)
                wanted.append((cosine, bool(speakers[number] == speaker)))
    scores, same = trials(voices, speakers)
    np.testing.assert_allclose(sorted(zip(scores, same)), sorted(wanted), atol=1e-12)
    assert same.sum() == 7
