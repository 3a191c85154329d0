"""Signals of any length, worked on piece by piece in bounded memory: with context, cross-fades, in batches.

A signal is an array whose first axis is time, in samples or in frames; what else it has (channels, bands, outputs)
stays with each of them. It comes in blocks, cut anywhere, or as a whole, and the pieces are the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import NamedTuple

import numpy as np

ENDLESS = sys.maxsize
"""Length of a piece that no signal fills."""


@dataclass(frozen=True)
class Pieces:
    """How a signal is cut into pieces, the first of which begins with its first sample.

    Pieces make what the whole would make where an output sample depends on ``left`` samples before and ``right`` behind
    it at most, and where ``length - fade`` and ``left`` are multiples of whatever grid the function lays from its first
    sample (the hop of an STFT, a model's stride in frames). A function that depends on more is smoothed by ``fade``.

    Attributes:
        length: Samples of a piece, > 0; the last one may be shorter.
        left: Samples before a piece that the function is given too, where the signal has them.
        right: The same behind it.
        fade: Samples that a piece shares with the next one, in which one goes over into the other in a straight line;
            at most half of ``length``.
        first: Samples of the first piece, where that is shorter; 0: as many as of the others.
        ratio: Samples that the function makes of each that it is given, as a vocoder does of frames.
    """

    length: int
    left: int = 0
    right: int = 0
    fade: int = 0
    first: int = 0
    ratio: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be walked."""
        if self.length < 1 or min(self.left, self.right) < 0 or self.ratio < 1:
            raise ValueError(f"{self}: length and ratio must be positive, left and right not negative")
        if not 0 <= 2 * self.fade <= self.length:
            raise ValueError(f"{self}: fade must lie within 0 and half of the length")
        if self.first and not max(1, 2 * self.fade) <= self.first <= self.length:
            raise ValueError(f"{self}: first must lie within twice the fade and the length, or be 0")


def in_pieces(
    blocks: Iterable[np.ndarray], function: Callable[[np.ndarray, int], np.ndarray], pieces: Pieces
) -> Iterator[np.ndarray]:
    """Yield what ``function`` makes of a signal, piece by piece and in order, as soon as it is there.

    Args:
        blocks: The signal: arrays [n, …].
        function: Takes a piece with its context, [n, …], and the number of its first sample in the signal; returns
            [n · ratio, …].
        pieces: How the signal is cut.

    Yields:
        Arrays whose lengths add up to ``ratio`` times the signal's.
    """
    return _joined(((each, function(each.samples, each.first)) for each in segments(blocks, pieces)), pieces)


def in_batches(
    blocks: Iterable[np.ndarray], function: Callable[[np.ndarray], np.ndarray], pieces: Pieces, size: int
) -> Iterator[np.ndarray]:
    """Yield the same as `in_pieces` with a ``function`` that takes up to ``size`` pieces of one length at once.

    Args:
        blocks: The signal: arrays [n, …].
        function: Takes [B, n, …], B ≤ ``size``, and returns [B, n · ratio, …].
        pieces: How the signal is cut.
        size: Most pieces that are held and worked on together.
    """

    def made() -> Iterator[tuple[Segment, np.ndarray]]:
        for _, alike in groupby(segments(blocks, pieces), lambda each: len(each.samples)):
            while batch := list(islice(alike, size)):
                yield from zip(batch, function(np.stack([each.samples for each in batch])), strict=True)

    return _joined(made(), pieces)


def whole(signal: np.ndarray, function: Callable[[np.ndarray, int], np.ndarray], pieces: Pieces) -> np.ndarray:
    """Return what `in_pieces` makes of a whole signal [N, …], N ≥ 1."""
    return np.concatenate(list(in_pieces([signal], function, pieces)))


class Segment(NamedTuple):
    """A piece with its context: samples, the first one's number in the signal, where in them the piece lies."""

    samples: np.ndarray
    first: int
    begin: int
    end: int


def segments(blocks: Iterable[np.ndarray], pieces: Pieces) -> Iterator[Segment]:
    """Yield the pieces of a signal with their context, each when all of that has come.

    Of the last one ``end`` is the number of its samples, or more.
    """
    length = pieces.first or pieces.length
    held: list[np.ndarray] = []  # the signal's samples from `first` to `end`
    first = start = end = 0
    for block in chain(blocks, (None,)):  # None: what is held is all that is left
        if block is not None:
            held.append(np.asarray(block))
            end += len(block)
        while start + length + pieces.right <= end or (
            block is None and (start == 0 < end or start + pieces.fade < end)
        ):
            if len(held) > 1:
                held = [np.concatenate(held)]
            begin = start - first
            yield Segment(held[0][: begin + length + pieces.right], first, begin, begin + length)
            start += length - pieces.fade
            length = pieces.length
            kept = max(0, start - pieces.left)
            held, first = [held[0][kept - first :]], kept


def _joined(made: Iterable[tuple[Segment, np.ndarray]], pieces: Pieces) -> Iterator[np.ndarray]:
    """Yield the pieces of what was made of each segment, the last of each cross-faded with the first of the next."""
    tail = None
    for segment, output in made:
        if len(output) != len(segment.samples) * pieces.ratio:
            raise ValueError(f"the function made {len(output)} samples of {len(segment.samples)}")
        piece = output[segment.begin * pieces.ratio : segment.end * pieces.ratio]
        if not pieces.fade:
            yield piece
            continue
        piece = piece if tail is None else faded(tail, piece)
        done = max(0, len(piece) - pieces.fade * pieces.ratio)
        yield piece[:done]
        tail = piece[done:]
    if tail is not None:
        yield tail


def faded(tail: np.ndarray, piece: np.ndarray) -> np.ndarray:
    """Return a piece whose first samples come out of ``tail``; what both have alike stays as it is, to the bit.

    Args:
        tail: What the piece goes over from, in a straight line, [n, …].
        piece: As long as that or longer, [N, …].
    """
    rise = ((np.arange(len(tail)) + 0.5) / len(tail)).astype(tail.dtype).reshape(-1, *[1] * (tail.ndim - 1))
    return np.concatenate([tail + (piece[: len(tail)] - tail) * rise, piece[len(tail) :]])
