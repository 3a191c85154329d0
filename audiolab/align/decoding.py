"""The best segmentation of utterances by a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from audiolab import work
from audiolab.align.batches import Batch, emissions, make_shares
from audiolab.align.layout import Units
from audiolab.align.model import Model
from audiolab.align.recursions import viterbi
from audiolab.align.segments import Segment
from audiolab.align.speech import Speech, checked


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
    found = checked(work.each(_of_share, shares, model, speech))
    aligned = {number: each for share in found for number, each in share}
    return [aligned[number] for number in range(len(units))]


def _of_share(share: Sequence[Batch], model: Model, speech: Speech) -> list[tuple[int, Alignment]]:
    torch.set_num_threads(1)
    return [pair for batch in share for pair in _of_batch(batch, model, speech)]


def _of_batch(batch: Batch, model: Model, speech: Speech) -> list[tuple[int, Alignment]]:
    seen = emissions(model, speech, batch)
    paths, scores = viterbi(seen.chains, seen.values)
    shift = speech.config.shift_ms / 1000
    made = []
    for number, units, path, score in zip(batch.numbers, batch.units, paths.T.numpy(), scores.tolist()):
        frames = int(speech.frames[number])
        unit = model.layout.expand(units)[1][path[:frames]]
        starts = np.flatnonzero(np.diff(unit, prepend=-1))
        times = [*(starts * shift).tolist(), speech.seconds[number]]
        symbols = [units.symbols[each] for each in unit[starts]]
        segments = tuple(map(Segment, times, times[1:], symbols))
        made.append((number, Alignment(segments, score / frames)))
    return made
