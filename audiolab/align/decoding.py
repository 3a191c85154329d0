"""The best segmentation of utterances by a trained model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from audiolab import work
from audiolab.align.batches import Batch, emissions, make_shares
from audiolab.align.layout import Units
from audiolab.align.model import Model
from audiolab.align.recursions import viterbi
from audiolab.align.speech import Speech, checked
from audiolab.align.transcripts import PAU
from audiolab.datadir.ctm import Segment


@dataclass(frozen=True)
class Alignment:
    """Of an utterance.

    Attributes:
        segments: From 0 to the end without gaps; a pause that is not made is none.
        likelihood: Logarithm of the best path's likelihood, a frame.
    """

    segments: tuple[Segment, ...]
    likelihood: float


def align(speech: Speech, units: Sequence[Units], model: Model) -> list[Alignment]:
    """Return the alignment of each utterance, in ``speech``'s order."""
    shares = make_shares(speech, units, model)
    found = checked(work.each(_of_share, shares, model))
    paths = {number: path for share in found for number, *path in share}
    shift = model.config.features.shift_ms / 1000
    made = []
    for number in range(len(units)):
        spoken, frames, score = paths[number]
        times = [*(frames * shift).tolist(), speech.seconds[number]]
        symbols = [PAU if units[number].optional[each] else speech.symbols[number][each] for each in spoken]
        made.append(Alignment(tuple(map(Segment, times, times[1:], symbols)), score / int(speech.frames[number])))
    return made


def _of_share(share: Sequence[Batch], model: Model) -> list[tuple[int, np.ndarray, np.ndarray, float]]:
    torch.set_num_threads(1)
    return [of_one for batch in share for of_one in _of_batch(batch, model)]


def _of_batch(batch: Batch, model: Model) -> Iterator[tuple[int, np.ndarray, np.ndarray, float]]:
    """Yield an utterance's number, the units that are said, their first frames, and the best path's likelihood."""
    seen = emissions(model, batch)
    paths, scores = viterbi(seen.chains, seen.values)
    each = zip(batch.numbers, batch.units, batch.frames, paths.T.numpy(), scores.tolist())
    for number, units, frames, path, score in each:
        unit = model.layout.expand(units)[1][path[:frames]]
        starts = np.flatnonzero(np.diff(unit, prepend=-1))
        yield number, unit[starts], starts, score
