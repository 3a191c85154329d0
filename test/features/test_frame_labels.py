"""Linguistic vectors of frames, against a plain loop."""

import numpy as np
import pytest
from scipy.stats import norm

from audiolab.features.frame_labels import POSITIONS, frame_labels


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_frames_are_those_of_a_plain_loop(shape):
    generator = np.random.default_rng(0)
    vectors = generator.random((6, 5)).astype(np.float32)
    durations = np.array([3, 1, 0, 7, 2, 1], np.float32)
    expected = []
    for vector, duration in zip(vectors, durations):
        for frame in range(int(duration)):
            place = frame / duration
            bumps = [norm.pdf(place, centre, 0.4) for centre in (0, 0.5, 1)]
            expected.append([*vector, *bumps, duration])
    found = frame_labels(vectors, durations.reshape(shape))
    assert found.dtype == np.float32
    assert found.shape == (14, 5 + POSITIONS)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ValueError, match="2 phones have 3 durations"):
        frame_labels(np.zeros((2, 4)), np.ones(3))
    for wrong in (1.5, -1):
        with pytest.raises(ValueError, match="whole numbers of frames"):
            frame_labels(np.zeros((2, 4)), np.array([1, wrong]))
