"""Piece by piece is as a whole: identity, convolutions and cross-fades against closed forms, for any cut."""

import itertools

import numpy as np
import pytest
import torch

from audiolab.synthesis.long_audio import ENDLESS, Pieces, in_batches, in_pieces, whole

LENGTHS = [1, 2, 5, 9, 10, 11, 13, 20, 95, 100, 101]
PIECES = [
    Pieces(10),
    Pieces(10, left=4, right=4),
    Pieces(10, left=25),
    Pieces(7, right=30),
    Pieces(10, left=1, right=3, fade=5),
    Pieces(10, fade=2),
    Pieces(10, left=4, right=9, first=3),
    Pieces(10, left=1, right=3, fade=2, first=5),
    Pieces(2, left=3, fade=1),
    Pieces(1),
    Pieces(ENDLESS, left=3, right=3),
]


def signal(length):
    return np.random.default_rng(length).standard_normal((length, 2))


def cut(wave, sizes):
    return np.split(wave, np.cumsum(sizes))


def joined(parts):
    return np.concatenate(list(parts))


@pytest.mark.parametrize("pieces", PIECES, ids=str)
@pytest.mark.parametrize("length", LENGTHS)
def test_identity_gives_the_signal_back_to_the_bit(pieces, length):
    wave = signal(length)
    for sizes in ([], [1] * 5, [3, 0, 50], [99], [1] * 200):
        blocks = cut(wave, [size for size in sizes if size <= length])
        assert np.array_equal(joined(in_pieces(blocks, lambda segment, first: segment, pieces)), wave)
        assert np.array_equal(joined(in_batches(blocks, lambda batch: batch, pieces, 3)), wave)


def test_the_first_piece_may_be_shorter():
    seen = []
    made = whole(signal(30), lambda each, first: seen.append((first, len(each))) or each, Pieces(10, 2, 5, first=4))
    assert np.array_equal(made, signal(30))
    assert seen == [(0, 9), (2, 17), (12, 17), (22, 8)]  # pieces begin at 0, 4, 14 and 24
    for first in (-1, 3, 11):
        with pytest.raises(ValueError, match="first must lie within twice the fade and the length, or be 0"):
            Pieces(10, fade=2, first=first)


@pytest.mark.parametrize(("left", "right"), [(4, 4), (8, 0), (0, 8), (6, 2)])
@pytest.mark.parametrize(("size", "fade"), [(1, 0), (3, 0), (10, 0), (10, 5), (16, 3), (1000, 500)])
@pytest.mark.parametrize("length", LENGTHS)
def test_a_network_that_sees_the_context_gives_its_plain_convolution(left, right, size, fade, length):
    """In pieces of any length, with cross-fades or without, one by one or in batches, of two channels."""
    wave, kernel = signal(length), np.random.default_rng(0).standard_normal(left + right + 1)
    network = torch.nn.Conv1d(1, 1, len(kernel), bias=False).double()  # correlates
    network.weight.data[:] = torch.from_numpy(kernel[::-1].copy())

    def convolved(batch):
        segments = torch.from_numpy(np.moveaxis(batch, 1, 2).copy())  # B × channels × n
        padded = torch.nn.functional.pad(segments, (left, right))
        return network(padded.flatten(0, 1)[:, None])[:, 0].unflatten(0, segments.shape[:2]).mT.detach().numpy()

    full = np.stack([np.convolve(channel, kernel) for channel in wave.T], 1)[right : right + length]
    pieces = Pieces(size, left, right, fade)
    for blocks in ([wave], cut(wave, range(1, 6))):
        one_by_one = in_pieces(blocks, lambda segment, first: convolved(segment[None])[0], pieces)
        np.testing.assert_allclose(joined(one_by_one), full, atol=1e-12)
        np.testing.assert_allclose(joined(in_batches(blocks, convolved, pieces, 4)), full, atol=1e-12)


@pytest.mark.parametrize("pieces", PIECES, ids=str)
@pytest.mark.parametrize("length", LENGTHS)
def test_segments_are_the_pieces_with_their_context(pieces, length):
    """Each begins where it says, has all of its context that the signal has, and is needed; however blocks are cut."""
    wave, seen = signal(length), []

    def function(segment, first):
        assert np.array_equal(segment, wave[first : first + len(segment)])
        seen.append((first, first + len(segment)))
        return segment

    opening, step = pieces.first or pieces.length, pieces.length - pieces.fade
    expected = [(0, min(length, opening + pieces.right))]
    for start in range(opening - pieces.fade, min(length, 1000 * step), step):
        if start + pieces.fade < length:
            end = min(length, start + pieces.length + pieces.right)
            expected.append((max(0, start - pieces.left), end))
    for sizes in ([], [1] * 200, [7] * 30):
        seen.clear()
        whole(wave, function, pieces)
        assert seen == expected
        seen.clear()
        joined(in_pieces(cut(wave, sizes), function, pieces))
        assert seen == expected


@pytest.mark.parametrize("length", [3, 10, 11, 16, 17, 40])
def test_pieces_fade_into_one_another_in_straight_lines(length):
    """Number k of the calls gives k everywhere; stated for pieces of 10 with 4 in common."""
    count = itertools.count()
    found = whole(
        np.zeros(length), lambda segment, first: np.full(len(segment), float(next(count))), Pieces(10, fade=4)
    )
    time = np.arange(length)
    expected = sum(np.clip((time - start + 0.5) / 4, 0, 1) for start in range(6, length - 4, 6))
    np.testing.assert_allclose(found, expected + np.zeros(length), atol=1e-12)


@pytest.mark.parametrize("fade", [0, 3])
def test_a_piece_is_given_when_its_context_has_come(fade):
    """Not later; only what is still to be cross-faded is held back."""
    come, pieces = 0, Pieces(8, left=5, right=2, fade=fade)

    def blocks():
        nonlocal come
        for _ in range(100):
            come += 1
            yield np.zeros(1)

    given = 0
    for part in in_pieces(blocks(), lambda segment, first: segment, pieces):
        given += len(part)
        assert come == 100 or given == ((come - 10) // (8 - fade) + 1) * (8 - fade)
    assert given == 100


def test_memory_is_bounded_by_a_piece_and_its_context():
    longest = 0

    def function(segment, first):
        nonlocal longest
        longest = max(longest, len(segment) if segment.base is None else len(segment.base))
        return segment

    blocks = (np.zeros((7, 2)) for _ in range(1000))
    assert sum(map(len, in_pieces(blocks, function, Pieces(20, left=6, right=9, fade=4)))) == 7000
    assert longest <= 20 + 6 + 9 + 7


def test_frames_may_become_samples_and_outputs_may_be_several():
    frames = signal(53)

    def vocoder(segment, first):
        return np.stack([np.repeat(segment, 5, axis=0), -np.repeat(segment, 5, axis=0)], axis=1)

    for fade in (0, 4):
        found = whole(frames, vocoder, Pieces(10, left=3, right=2, fade=fade, ratio=5))
        assert np.array_equal(found, vocoder(frames, 0))
    assert found.shape == (265, 2, 2)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_batches_are_of_one_length_and_no_larger_than_asked(size):
    shapes = []
    wave = signal(101)
    joined(in_batches([wave], lambda batch: shapes.append(batch.shape) or batch, Pieces(10, left=4, right=4), size))
    assert all(batch <= size for batch, *_ in shapes)
    assert [count for count, *_ in shapes][:2] == [1, min(size, 8)]  # the first has no left context
    assert {n for _, n, _ in shapes} == {14, 18, 15, 5}


def test_nothing_gives_nothing():
    assert list(in_pieces([], lambda segment, first: segment, Pieces(10, 4, 4))) == []
    assert list(in_pieces([np.zeros(0)], lambda segment, first: segment, Pieces(10, fade=3))) == []


def test_what_cannot_be_walked_is_refused():
    with pytest.raises(ValueError, match="made 9 samples of 10"):
        whole(np.zeros(10), lambda segment, first: segment[1:], Pieces(10))
    for wrong in ({"length": 0}, {"left": -1}, {"right": -1}, {"fade": 6}, {"fade": -1}, {"ratio": 0}):
        with pytest.raises(ValueError, match="must"):
            Pieces(**{"length": 10} | wrong)
