"""What a recogniser writes: the best path, or the best text by a prefix beam search.

Prefix beam search: A. Hannun, A. Maas, D. Jurafsky, A. Ng, "First-pass large vocabulary continuous speech recognition
using bi-directional recurrent DNNs", 2014, without a language model: paths that write the same text are added up.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from audiolab.systems.ctc.recogniser import BLANK

_MIX = 6364136223846793005
"""Multiplier of the hash of a prefix: a linear congruential generator's of 64 bits, by D. Knuth."""


def greedy(log_probs: Tensor, lengths: Tensor) -> list[list[int]]:
    """Return the units of the most probable path of each utterance, repetitions joined and blanks left out.

    Args:
        log_probs: Of the classes, [B, T, units + 1].
        lengths: Frames of each, int64 [B].
    """
    best = log_probs.argmax(dim=-1).cpu()
    changes = torch.ones_like(best, dtype=torch.bool)
    changes[:, 1:] = best[:, 1:] != best[:, :-1]
    kept = changes & (best != BLANK) & (torch.arange(best.shape[1]) < lengths.cpu()[:, None])
    return [(row[mask] - 1).tolist() for row, mask in zip(best, kept)]


@dataclass
class _Beam:
    """The best prefixes of each utterance; all tensors are [B, K].

    Attributes:
        blank: Log probability of all paths that write the prefix and end in a blank.
        unit: … and end in its last unit.
        last: Class of the last unit; `BLANK` of the empty prefix.
        name: Hash of the prefix.
        parent: Hash of the prefix without its last unit.
        node: Its place in the history; 0 is the empty prefix.
    """

    blank: Tensor
    unit: Tensor
    last: Tensor
    name: Tensor
    parent: Tensor
    node: Tensor

    @property
    def total(self) -> Tensor:
        """Log probability of all paths that write the prefix."""
        return torch.logaddexp(self.blank, self.unit)


def prefix_beam(log_probs: Tensor, lengths: Tensor, beam: int = 8, classes: int = 24) -> list[list[int]]:
    """Return the units of the most probable text of each utterance that the search finds.

    Args:
        log_probs: Of the classes, [B, T, units + 1].
        lengths: Frames of each, int64 [B].
        beam: Prefixes that are kept, K.
        classes: A prefix goes on with the so many most probable units of a frame.
    """
    log_probs, lengths = log_probs.double().cpu(), lengths.cpu()
    state = _begin(len(log_probs), beam)
    before, written = [torch.full((len(log_probs), 1), -1)], [torch.zeros((len(log_probs), 1), dtype=torch.int64)]
    for frame in range(int(lengths.max())):  # each frame's prefixes stand on the last one's
        found, source, unit = _step(state, log_probs[:, frame], min(classes, log_probs.shape[-1] - 1))
        going = (frame < lengths)[:, None]
        count = sum(part.shape[1] for part in before)
        before.append(torch.gather(state.node, 1, source))
        written.append(unit)
        node = torch.where(unit == BLANK, torch.gather(state.node, 1, source), count + torch.arange(beam))
        found.node = node
        state = _Beam(*(torch.where(going, new, old) for new, old in zip(vars(found).values(), vars(state).values())))
    best = torch.gather(state.node, 1, state.total.argmax(dim=1, keepdim=True))[:, 0]
    return [_path(*row) for row in zip(best.tolist(), torch.cat(before, 1).tolist(), torch.cat(written, 1).tolist())]


def _begin(batch: int, beam: int) -> _Beam:
    """Return the empty prefix, and prefixes of probability 0 that nothing equals."""
    nothing = torch.full((batch, beam), -torch.inf, dtype=torch.float64)
    blank = nothing.clone()
    blank[:, 0] = 0.0
    names = -torch.arange(beam).expand(batch, beam) - 1
    zeros = torch.zeros((batch, beam), dtype=torch.int64)
    return _Beam(blank, nothing, zeros, names, torch.full_like(zeros, torch.iinfo(torch.int64).min), zeros)


def _step(state: _Beam, log_probs: Tensor, classes: int) -> tuple[_Beam, Tensor, Tensor]:
    """Return the best prefixes after one more frame, of which old one each is made, and the class that it added.

    Args:
        state: The prefixes before.
        log_probs: Of the frame's classes, [B, units + 1].
        classes: How many units prefixes go on with.
    """
    batch, beam = state.last.shape
    chosen = log_probs[:, 1:].topk(classes, dim=-1).indices + 1
    # a prefix stays as it is: by a blank, or by its last unit once more
    stays_blank = state.total + log_probs[:, :1]
    stays_unit = state.unit + torch.gather(log_probs, 1, state.last)  # which the empty one has not
    # it goes on: by a unit, of which a second one in a row takes a blank between them
    goes_on = torch.gather(log_probs, 1, chosen)[:, None] + torch.where(
        chosen[:, None] == state.last[:, :, None], state.blank[:, :, None], state.total[:, :, None]
    )
    # what goes on to a prefix that is there already is added to that
    same = (state.name[:, :, None] == state.parent[:, None])[..., None] & (
        state.last[:, None, :, None] == chosen[:, None, None]
    )  # [B, old prefix, prefix that it becomes, class]
    joined = torch.where(same, goes_on[:, :, None], -torch.inf)
    stays_unit = torch.logaddexp(stays_unit, joined.permute(0, 2, 1, 3).flatten(2).logsumexp(dim=-1))
    goes_on = torch.where(same.any(dim=2), -torch.inf, goes_on)

    minus = torch.full((batch, beam * classes), -torch.inf, dtype=torch.float64)
    unit = torch.cat([stays_unit, goes_on.flatten(1)], dim=1)
    blank = torch.cat([stays_blank, minus], dim=1)
    _, best = torch.logaddexp(blank, unit).topk(beam, dim=1)
    source = torch.where(best < beam, best, (best - beam) // classes)
    added = torch.where(best < beam, BLANK, torch.gather(chosen, 1, ((best - beam) % classes).clamp(min=0)))
    old = {name: torch.gather(value, 1, source) for name, value in vars(state).items()}
    longer = added != BLANK
    found = _Beam(
        torch.gather(blank, 1, best),
        torch.gather(unit, 1, best),
        torch.where(longer, added, old["last"]),
        torch.where(longer, old["name"] * _MIX + added, old["name"]),
        torch.where(longer, old["name"], old["parent"]),
        old["node"],
    )
    return found, source, added


def _path(node: int, before: list[int], written: list[int]) -> list[int]:
    """Return the units on the way to a node of the history."""
    units = []
    while node > 0:
        units.append(written[node] - 1)
        node = before[node]
    return units[::-1]
