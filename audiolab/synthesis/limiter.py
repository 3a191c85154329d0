"""Keeping what is made of a signal within full scale, where the signal itself is: a limiter that looks ahead."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from audiolab.synthesis.long_audio import Pieces, in_pieces
from audiolab.synthesis.streaming import Blocks, Counted

logger = logging.getLogger(__name__)

CEILING = 1 - 2**-15
"""The largest sample of 16 bit."""

LOOK_S = 0.005
"""The gain falls so long before a peak, and rises so long after it."""


class Limiter:
    """Lowers peaks over full scale until the signal that they are made of passes it itself.

    All channels are lowered alike, and all outputs, such as singing and accompaniment: they keep their differences, and
    outputs whose sum is the signal keep summing to one signal, with the limiter's gain.

    Args:
        name: Of the signal; begins the warning.
        always: Whether full scale holds even where the signal that is given passes it, as one does that was resampled
            from a recording within full scale.

    Attributes:
        samples: How many would have passed full scale, over all channels and outputs.
        most_db: The most by which the sound was lowered around them.
    """

    def __init__(self, name: str = "", always: bool = False) -> None:
        self.samples, self.most_db, self._always = 0, 0.0, always
        self._where = f"{name}: " if name else ""

    def apply(self, blocks: Iterable[np.ndarray], rate: float, source: Counted) -> Blocks:
        """Yield blocks of the same shape within full scale, and say in the log's warnings when they were not.

        Args:
            blocks: What was made of ``source``, as long as it and not ahead of it; [n, channels] or [n, outputs,
                channels].
            rate: Of both, in Hz.
            source: The signal, which tells from which sample on it passes full scale.
        """
        look = max(1, round(LOOK_S * rate))

        def limited(segment: np.ndarray, first: int) -> np.ndarray:
            wide = np.abs(segment.reshape(len(segment), -1))
            needed = CEILING / np.maximum(wide.max(axis=1), CEILING)
            if (passes := self._passes(source)) is not None:
                needed[max(0, passes - first) :] = 1
            if needed.min() == 1:
                return segment
            held = minimum_filter1d(needed, 2 * look + 1, mode="nearest")
            gain = np.minimum(uniform_filter1d(held, 2 * look + 1, mode="nearest"), needed)
            self.most_db = max(self.most_db, float(-20 * np.log10(gain.min())))
            return (segment * gain.reshape(-1, *[1] * (segment.ndim - 1))).astype(segment.dtype)

        pieces = Pieces(max(1, round(rate)), left=2 * look, right=2 * look)
        yield from in_pieces(self._counted(blocks, source), limited, pieces)
        if self.samples:
            told = "%s%d samples would have passed full scale: limited, by up to %.1f dB"
            logger.warning(told, self._where, self.samples, self.most_db)

    def _counted(self, blocks: Iterable[np.ndarray], source: Counted) -> Blocks:
        position = 0
        for block in blocks:
            passes = self._passes(source)
            until = len(block) if passes is None else max(0, passes - position)
            self.samples += int((np.abs(block[:until]) > 1).sum())
            position += len(block)
            yield block

    def _passes(self, source: Counted) -> int | None:
        return None if self._always else source.passes
