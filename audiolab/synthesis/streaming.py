"""A signal that comes in blocks: cut into blocks, resampled, and brought to an exact length."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import soxr

from audiolab.errors import AudiolabError
from audiolab.samples import check_rate, fault_of

Blocks = Iterator[np.ndarray]
"""float32 arrays [n, channels], n ≥ 0, which together are the signal."""

MOST_CHANNELS = 64
"""An array with more of them, and more of them than samples, is most likely the wrong way round."""

_REACH = 128
"""Samples, at the lower rate, that soxr's filter looks ahead at most."""


def at_once(
    stream: Callable[[Iterable[np.ndarray], int], Iterable[np.ndarray]], wave: np.ndarray, rate: int
) -> np.ndarray:
    """Return what ``stream`` makes of a whole signal, float32, in the signal's shape.

    Several outputs, such as singing and accompaniment, stand between: [N, outputs] or [N, outputs, channels].

    Args:
        stream: Takes blocks [n, channels] and their rate in Hz, and gives as many samples, [n, …, channels].
        wave: [N] or [N, channels], floats with full scale ±1, any length.
        rate: Its rate in Hz.

    Raises:
        AudiolabError: Integers (their full scale is not known) or floats on their scale, NaN, another shape, a rate
            outside `audiolab.samples.RATES`.
    """
    samples = _checked(wave, rate)
    if not math.prod(samples.shape[1:]):
        return samples
    heard = (
        samples if len(samples) else np.zeros((1, *samples.shape[1:]), np.float32)
    )  # tells how many outputs there are
    made = np.concatenate(list(stream(blocks_of(heard), rate)))[: len(samples)]
    return made if samples.ndim == 2 else made[..., 0]


def _checked(wave: np.ndarray, rate: float) -> np.ndarray:
    """Return a signal as float32, having checked that it is one."""
    wave = np.asarray(wave)
    check_rate(rate)
    if wave.dtype.kind != "f":
        raise AudiolabError(f"audio of type {wave.dtype}: give floats with full scale ±1 (16 bit: divide by 32768)")
    if wave.ndim not in (1, 2) or (wave.ndim == 2 and wave.shape[1] > max(len(wave), MOST_CHANNELS)):
        raise AudiolabError(f"audio of shape {wave.shape}: give [samples] or [samples, channels]")
    _refuse_faults(wave)
    return wave.astype(np.float32)


def _refuse_faults(samples: np.ndarray, first: int = 0) -> None:
    """Raise where `fault_of` finds a fault; ``first`` is the number of the first sample in the whole audio."""
    fault = fault_of(samples)
    if fault is not None:
        raise AudiolabError(f"the audio's sample {first + fault[0]} is {fault[1]}")


def blocks_of(samples: np.ndarray, size: int = 1 << 18) -> Blocks:
    """Yield a signal [N] or [N, channels] as blocks [n, channels] of at most ``size`` samples."""
    wide = samples.reshape(len(samples), -1)
    for start in range(0, len(wide), size):
        yield wide[start : start + size]


def resampled(blocks: Iterable[np.ndarray], original: int, rate: int) -> Blocks:
    """Yield a signal [n, …] at another rate (soxr, quality HQ), as if it had been resampled as a whole.

    N samples become N · rate / original, rounded up: all that lie within the signal. At its ends it counts as going on
    as its first and its last sample are, not as falling to zero: so an offset does not ring there.
    """
    if original == rate:
        yield from blocks
        return
    stream, total, made = None, 0, 0
    for block in blocks:
        if total == 0:
            first = last = block[:1]  # all is taken less the first sample, since the filter sees zeros before it
            stream = stream or soxr.ResampleStream(original, rate, math.prod(block.shape[1:]), "float32", "HQ")
        last = block[-1:] if len(block) else last
        part = _resampled(stream, block - first, False) + first
        total, made = total + len(block), made + len(part)
        yield part
    if stream is not None:
        held = np.repeat(last - first, math.ceil(_REACH * max(1, original / rate)), axis=0)
        yield (_resampled(stream, held, True) + first)[: -(-total * rate // original) - made]


def _resampled(stream: soxr.ResampleStream, block: np.ndarray, last: bool) -> np.ndarray:
    shape = block.shape[1:]
    return stream.resample_chunk(block.reshape(len(block), math.prod(shape)), last).reshape(-1, *shape)


def at_rate(counted: Counted, rate: int, own: int, process: Callable[[Blocks], Iterable[np.ndarray]]) -> Blocks:
    """Yield what ``process`` makes of a signal at the rate ``own``, brought back to the signal's rate and length.

    Args:
        counted: The signal.
        rate: Its rate in Hz, and the result's.
        own: The rate at which ``process`` works.
        process: Takes blocks [n, channels] and gives as many samples, [n, channels] or [n, outputs, channels].

    Raises:
        AudiolabError: A rate outside `audiolab.samples.RATES`; while they pass, what `Counted` and `as_long_as` refuse.
    """
    check_rate(rate)
    return as_long_as(resampled(process(resampled(counted, rate, own)), own, rate), counted)


class Counted:
    """Blocks that pass through, and what has passed.

    Attributes:
        length: In samples.
        empty: A block [0, channels]; None before the first.
        passes: The number of the first sample over full scale; None as long as there is none.

    Raises:
        AudiolabError: While they pass: one that is not float [n, channels], has other channels than those before, or
            samples that cannot be audio.
    """

    def __init__(self, blocks: Iterable[np.ndarray]) -> None:
        self.length = 0
        self.empty: np.ndarray | None = None
        self.passes: int | None = None
        self._blocks = blocks

    def __iter__(self) -> Blocks:
        for block in self._blocks:
            self._check(block)
            over = (np.abs(block) > 1).any(axis=1) if self.passes is None else block[:0, 0]
            if over.any():
                self.passes = self.length + int(over.argmax())
            self.length += len(block)
            self.empty = block[:0]
            yield block

    def _check(self, block: np.ndarray) -> None:
        if block.dtype.kind != "f" or block.ndim != 2:
            raise AudiolabError(f"a block of {block.dtype} {block.shape}: give floats [samples, channels] within ±1")
        if self.empty is not None and block.shape[1] != self.empty.shape[1]:
            raise AudiolabError(f"a block of {block.shape[1]} channels after others of {self.empty.shape[1]}")
        _refuse_faults(block, self.length)


class Held:
    """Blocks that pass through, of which those are held that `take` has not given yet.

    So what was made of a signal, piece by piece and later, finds the samples that it was made of.
    """

    def __init__(self, blocks: Iterable[np.ndarray]) -> None:
        self._blocks = blocks
        self._held: deque[np.ndarray] = deque()
        self._empty: np.ndarray | None = None

    def __iter__(self) -> Blocks:
        for block in self._blocks:
            self._held.append(block)
            self._empty = block[:0]
            yield block

    def take(self, count: int) -> np.ndarray:
        """Return the next ``count`` samples, [count, channels]; so many must have passed, and one block at least."""
        taken = [self._empty]
        while count:
            block = self._held.popleft()
            taken.append(block[:count])
            if count < len(block):
                self._held.appendleft(block[count:])
            count -= len(taken[-1])
        return np.concatenate(taken)


def as_long_as(blocks: Iterable[np.ndarray], counted: Counted) -> Blocks:
    """Yield ``blocks`` cut or filled with zeros to the length of what has passed through ``counted`` at the end.

    Resampling there and back may give a sample more or less than there was, and nothing of very few. What is not
    beyond the length so far is passed on at once.

    Raises:
        AudiolabError: What was made has samples that are NaN or infinite, as that of broken weights has.
    """
    done = 0
    held = None
    for block in _finite(blocks):
        held = block if held is None else np.concatenate([held, block])
        ready = min(len(held), counted.length - done)
        yield held[:ready]
        done += ready
        held = held[ready:]
    held = counted.empty if held is None else held
    rest = counted.length - done
    if held is not None and rest:
        yield np.pad(held[:rest], [(0, max(0, rest - len(held))), *[(0, 0)] * (held.ndim - 1)])


def _finite(blocks: Iterable[np.ndarray]) -> Blocks:
    position = 0
    for block in blocks:
        bad = ~np.isfinite(block).all(axis=tuple(range(1, block.ndim)))
        if bad.any():
            raise AudiolabError(
                f"the model makes NaN or infinite samples, the first is number {position + int(bad.argmax())}: its "
                "weights are broken; train again, or take another copy of it"
            )
        position += len(block)
        yield block
