"""Processing in chunks against processing as a whole."""

import numpy as np
import pytest

from audiolab.synthesis.chunks import process_in_chunks


def cut(signal, sizes):
    return np.split(signal, np.cumsum(sizes))


@pytest.mark.parametrize("length", [1, 9, 10, 11, 95, 100, 101])
@pytest.mark.parametrize("sizes", [[], [1] * 5, [3, 0, 50], [99]])
def test_a_filter_that_sees_the_context_gives_the_same(length, sizes):
    signal = np.random.default_rng(length).standard_normal((length, 2))
    kernel = np.random.default_rng(0).standard_normal(9)  # sees 4 to either side

    def smooth(x):
        return np.stack([np.convolve(np.pad(channel, 4), kernel, "valid") for channel in x.T], 1)

    segments = []

    def function(segment, first):
        segments.append((first, len(segment)))
        assert (segment == signal[first : first + len(segment)]).all()
        return smooth(segment)

    parts = list(process_in_chunks(cut(signal, [s for s in sizes if s <= length]), function, 10, 4))
    np.testing.assert_allclose(np.concatenate(parts), smooth(signal), atol=1e-12)
    assert [len(part) for part in parts[:-1]] == [10] * (len(parts) - 1)
    assert max(size for _, size in segments) <= 18  # memory is bounded by chunk and context


def test_nothing_gives_nothing():
    assert list(process_in_chunks([], lambda segment, first: segment, 10, 4)) == []


def test_function_that_changes_the_length_is_refused():
    with pytest.raises(ValueError, match="made 9 samples of 10"):
        list(process_in_chunks([np.zeros(10)], lambda segment, first: segment[1:], 10, 4))
    with pytest.raises(ValueError, match="must be positive"):
        list(process_in_chunks([np.zeros(10)], lambda segment, first: segment, 0, 4))
