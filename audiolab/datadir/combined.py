"""A part of a recording, or the sum of recordings, read as if it were a recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from audiolab.errors import AudiolabError

if TYPE_CHECKING:
    from audiolab.datadir.audiofile import Recording
    from audiolab.datadir.entry import Summand


class Combined:
    """A channel or the end of an open recording, or a sum of such; made by `audiolab.datadir.audiofile.open_audio`.

    Args:
        recordings: What is added.
        chosen: What is taken of each: the channel, and all but so many samples.
        where: What begins an error message.

    Attributes:
        samples: Of each channel.
        rate: In Hz.
        channels: How many.
        subtype: libsndfile's name of the sample format; of a sum floats, for it may pass full scale.

    Raises:
        AudiolabError: A recording has no such channel, or no sample behind those that are left out; or what is added
            differs in length, rate or channels.
    """

    def __init__(self, recordings: Sequence[Recording], chosen: Sequence[Summand], where: str) -> None:
        self.where = where
        self._parts = list(zip(recordings, chosen))
        shapes = []
        for recording, (_, channel, skip) in self._parts:
            if channel is not None and channel >= recording.channels:
                has = "one channel, 0" if recording.channels == 1 else f"{recording.channels} channels, counted from 0"
                raise AudiolabError(f"{recording.where}: no channel {channel}: it has {has}")
            if skip >= recording.samples:
                left = f"[skip={skip}] leaves nothing of {recording.samples} samples"
                raise AudiolabError(f"{recording.where}: {left}; make the table again")
            shapes.append((recording.samples - skip, recording.rate, recording.channels if channel is None else 1))
        for shape, recording in zip(shapes, recordings):
            if shape != shapes[0]:
                raise AudiolabError(
                    f"{recording.where}: {_words(shape)} cannot be added to {_words(shapes[0])}; the parts of a sum "
                    "are to be alike: cut or resample them, or choose a channel by [channel=0]"
                )
        self.samples, self.rate, self.channels = shapes[0]
        self.subtype = recordings[0].subtype if len(recordings) == 1 else "FLOAT"

    def read(self, first: int, stop: int) -> np.ndarray:
        """Return the samples from ``first`` up to ``stop``, float32 [stop - first, channels]; raises as a part does."""
        return _sum(
            [
                _chosen(recording.read(skip + first, skip + stop), channel)
                for recording, (_, channel, skip) in self._parts
            ]
        )

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all samples, float32 [n, channels]; raises as a part does."""
        for blocks in zip(*(recording.blocks(chosen.skip) for recording, chosen in self._parts), strict=True):
            yield _sum([_chosen(block, chosen.channel) for block, (_, chosen) in zip(blocks, self._parts)])

    def check(self) -> None:
        """Raise `AudiolabError` where not all samples of all parts are there."""
        for recording, _ in self._parts:
            recording.check()


def _chosen(samples: np.ndarray, channel: int | None) -> np.ndarray:
    return samples if channel is None else samples[:, channel : channel + 1]


def _sum(parts: Sequence[np.ndarray]) -> np.ndarray:
    total = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    for part in parts[2:]:
        total += part
    return total


def _words(shape: tuple[int, int, int]) -> str:
    samples, rate, channels = shape
    return f"{samples} samples at {rate} Hz in {channels} channel{'s' if channels > 1 else ''}"
