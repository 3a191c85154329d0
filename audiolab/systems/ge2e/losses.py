"""The generalised end-to-end losses, over the embeddings of N speakers with M utterances each.

Utterance i of speaker j has the similarity S_ji,k = w · cos(e_ji, c_k) + b with speaker k, whose centroid c_k is the
mean of the speaker's embeddings; where k = j, of all but e_ji. Both losses are means over utterances.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAST_W = 1e-6
"""What w is kept at or above: were it negative, utterances would be driven away from their own speaker."""


class Similarity(nn.Module):
    """Similarities of utterances with speakers: cosines, scaled and shifted by what is learned."""

    def __init__(self, w: float, b: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w))
        self.b = nn.Parameter(torch.tensor(b))

    def forward(self, voices: Tensor) -> Tensor:
        """Return similarities [N, M, N] of embeddings [N, M, D], which are of length 1.

        Where a step has taken w too low, it is put back first: clamped in the graph, it would have no gradient.
        """
        with torch.no_grad():
            self.w.clamp_(min=LEAST_W)
        return self.w * cosines(voices) + self.b


def cosines(voices: Tensor) -> Tensor:
    """Return cosines [N, M, N] of embeddings [N, M, D], M ≥ 2, with speakers' centroids, their own without them."""
    sums = voices.sum(1)
    others = (voices * functional.normalize(sums[:, None] - voices, dim=-1)).sum(-1)
    with torch.autocast(voices.device.type, enabled=False):
        found = voices @ functional.normalize(sums, dim=-1).T
    return torch.where(_own(len(voices), voices.device), others[..., None], found)


def softmax_loss(similarities: Tensor) -> Tensor:
    """Return the mean of −S_ji,j + log Σ_k exp S_ji,k, of similarities [N, M, N]."""
    count, each, _ = similarities.shape
    speakers = torch.arange(count, device=similarities.device).repeat_interleave(each)
    return functional.cross_entropy(similarities.flatten(0, 1), speakers)


def contrast_loss(similarities: Tensor) -> Tensor:
    """Return the mean of 1 − σ(S_ji,j) + max_(k ≠ j) σ(S_ji,k), of similarities [N, M, N], N ≥ 2."""
    scores, own = similarities.sigmoid(), _own(len(similarities), similarities.device)
    nearest = scores.masked_fill(own, 0).amax(-1)
    return (1 - (scores * own).sum(-1) + nearest).mean()


LOSSES = {"softmax": softmax_loss, "contrast": contrast_loss}
"""By the names that a config has."""


def _own(count: int, device: torch.device) -> Tensor:
    """Return where a similarity is of an utterance's own speaker, bool [N, 1, N]."""
    return torch.eye(count, dtype=torch.bool, device=device)[:, None]
