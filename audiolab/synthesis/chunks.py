"""Processing signals of any length in bounded memory, chunk by chunk with context on either side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np


def process_in_chunks(
    blocks: Iterable[np.ndarray], function: Callable[[np.ndarray, int], np.ndarray], chunk: int, context: int
) -> Iterator[np.ndarray]:
    """Yield the output of ``function`` over a signal that comes in blocks, as if it had seen the signal as a whole.

    That holds when output sample n depends on input samples n - context … n + context only, and when chunk and context
    are multiples of whatever grid the function lays from its first sample (the hop of an STFT, a model's stride in
    frames). `audiolab.synthesis.envelope_filter.context_samples` tells what the envelope filter needs.

    Args:
        blocks: The signal, cut anywhere: arrays [n] or [n, channels].
        function: Takes a segment and the position of its first sample in the signal; returns as many samples.
        chunk: Samples that are kept of each call, > 0.
        context: Samples before and after them which the function is given too, where the signal has them.

    Yields:
        Arrays of ``chunk`` samples, the last one shorter; together as long as the signal.
    """
    if chunk < 1 or context < 0:
        raise ValueError(f"chunk {chunk} must be positive and context {context} not negative")
    start = 0  # of the next chunk, in samples of the signal
    held: np.ndarray | None = None  # the signal from `first` on
    first = 0
    for block in chain(blocks, (None,)):  # None: what is held is all that is left
        if block is not None:
            held = np.asarray(block) if held is None else np.concatenate([held, block])
        if held is None:
            return
        end = first + len(held)
        while start + chunk + context <= end or (block is None and start < end):
            segment = held[: start - first + chunk + context]
            yield _middle(function, segment, first, start, chunk)
            start += chunk
            held = held[max(0, start - context) - first :]
            first = max(0, start - context)


def _middle(
    function: Callable[[np.ndarray, int], np.ndarray], segment: np.ndarray, first: int, start: int, chunk: int
) -> np.ndarray:
    output = function(segment, first)
    if len(output) != len(segment):
        raise ValueError(f"the function made {len(output)} samples of {len(segment)}")
    return output[start - first : start - first + chunk]
