"""Of which utterance each score of a conversion is: three voices that differ in all of it."""

import numpy as np
import pytest

from audiolab.metrics.voice import Voice
from audiolab.tasks.vc.utterance import Target, score_conversion

FRAMES, BANDS, ORDER = 300, 32, 24


class Heard:
    """Stands in for the speaker classifier: its posteriors are what the windows' first statistic is."""

    def posterior(self, windows):
        level = float(windows[:, 0].mean())
        return {"A": 0.1 * level, "B": 0.1 * level + 0.05, "C": 0.5}


def voice(number):
    """Return an utterance whose cepstra, bands and F0 are known: c1 is about the number, F0 an octave higher each."""
    generator = np.random.default_rng(number)
    time = np.arange(FRAMES)[:, None]
    cepstra = np.sin(time / 9 + np.arange(ORDER + 1))  # the same curves in all, so frames are aligned one to one
    cepstra[:, 1] += number
    bands = 8 * generator.standard_normal((FRAMES, BANDS)) - 40
    f0 = np.full(FRAMES, 100.0 * 2**number)
    f0[: 30 * number] = 0
    return Voice(cepstra, bands, f0, np.arange(FRAMES), 200.0, np.zeros(FRAMES))


@pytest.fixture(scope="module")
def scores():
    """Return the scores of a conversion (2) of a source (0) with a reference (1), and the voices."""
    source, reference, converted = (voice(number) for number in range(3))
    shape = source.bands - source.bands.mean(1, keepdims=True)
    object.__setattr__(converted, "bands", 0.5 * shape - 30)  # the source's, with half of its deviation
    target = Target(np.full(BANDS, 16.0), np.zeros((32, ORDER)))
    return score_conversion(converted, source, reference, target, Heard(), ("A", "B")), source, reference, converted


def test_distances_are_to_the_reference(scores):
    found, _, reference, converted = scores
    assert found["mcd_db"] == pytest.approx(
        10 / np.log(10) * np.sqrt(2), rel=1e-9
    )  # c1 differs by 1, by 2 from source's
    difference = reference.bands - converted.bands
    difference -= difference.mean()
    assert found["lsd_db"] == pytest.approx(np.sqrt((difference**2).mean(1)).mean(), rel=1e-9)
    assert found["logf0_rmse"] == pytest.approx(np.log(2))
    assert found["voicing_error"] == pytest.approx(30 / FRAMES)


def test_dependence_is_on_the_source_and_variance_is_the_targets(scores):
    found, source, *_ = scores
    assert found["dependence"] == pytest.approx(1)
    shape = source.bands - source.bands.mean(1, keepdims=True)
    assert found["variance_ratio"] == pytest.approx(np.median(0.25 * shape.var(0)) / 16, rel=1e-9)
    assert found["collapsed"] == 0


def test_posteriors_are_those_of_the_conversion_for_its_speakers(scores):
    found, *_, converted = scores
    level = np.mean([converted.cepstra[start : start + 200, 1].mean() for start in (0, 100)])
    assert found["posterior_source"] == pytest.approx(0.1 * level)
    assert found["posterior_target"] == pytest.approx(0.1 * level + 0.05)
