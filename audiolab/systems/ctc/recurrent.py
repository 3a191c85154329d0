"""Recurrent layers that see all of an utterance, and nothing of what is filled up behind it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """Layers of two LSTMs each, one from the beginning and one from the end of each utterance.

    Each way is a plain LSTM over the filled-up batch, the way back over utterances that are turned round. Packed
    sequences give the same, and their gradient takes five times as long on a CPU: it fills the whole input anew for
    each frame.

    Weights are drawn as Keras does: Glorot's for what comes in, orthogonal ones from frame to frame, and gates that at
    first keep what they have (bias 1). From PyTorch's, losses fall later.

    Args:
        before: Values of a frame.
        hidden: Units each way.
        layers: How many.
        dropout: Of what comes out of each layer but the last.
    """

    def __init__(self, before: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        widths = [before, *[2 * hidden] * (layers - 1)]
        self.onward = nn.ModuleList(nn.LSTM(width, hidden, batch_first=True) for width in widths)
        self.back = nn.ModuleList(nn.LSTM(width, hidden, batch_first=True) for width in widths)
        self.dropout = nn.Dropout(dropout)
        for lstm in (*self.onward, *self.back):
            _draw(lstm)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return [B, T, 2 · hidden] of [B, T, D]; what lies beyond the ``lengths``, int64 [B], is of no use."""
        places, ends = torch.arange(x.shape[1], device=x.device), lengths.to(x.device)[:, None]
        turned = torch.where(places < ends, ends - 1 - places, places)[..., None]
        for number, (onward, back) in enumerate(zip(self.onward, self.back)):
            x = self.dropout(x) if number else x
            from_end = back(_at(x, turned))[0]
            x = torch.cat([onward(x)[0], _at(from_end, turned)], dim=-1)
        return x


@torch.no_grad()
def _draw(lstm: nn.LSTM) -> None:
    """Draw an LSTM's weights anew; its gates are input, forget, cell and output."""
    nn.init.xavier_uniform_(lstm.weight_ih_l0)
    for gate in lstm.weight_hh_l0.chunk(4):
        nn.init.orthogonal_(gate)
    lstm.bias_hh_l0.zero_()
    lstm.bias_ih_l0.copy_(torch.tensor([0.0, 1.0, 0.0, 0.0]).repeat_interleave(lstm.hidden_size))


def _at(x: Tensor, places: Tensor) -> Tensor:
    """Return the frames of [B, T, D] at places [B, T, 1]."""
    return torch.gather(x, 1, places.expand_as(x))
