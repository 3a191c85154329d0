"""The recogniser's network: from mel spectrograms to log probabilities of units."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolab.systems.ctc.config import CTCConfig
from audiolab.systems.ctc.recurrent import Recurrent

BLANK = 0
"""The class of no unit; unit u is class u + 1."""


class Recogniser(nn.Module):
    """Convolutions over time, bidirectional LSTM layers, a linear layer.

    What it says of an utterance does not depend on the others of its batch, nor on how far they are padded.

    Args:
        config: Its sizes, with ``bands`` and ``units``.

    Attributes:
        mean: Of each band over the training frames, which is taken off, [bands].
        std: Their standard deviation, which divides, [bands].
    """

    def __init__(self, config: CTCConfig) -> None:
        super().__init__()
        self.strides = config.strides
        self.register_buffer("mean", torch.zeros(config.bands))
        self.register_buffer("std", torch.ones(config.bands))
        widths = [config.bands, *[config.filters] * len(config.strides)]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, config.kernel, stride, padding=config.kernel // 2)
            for before, after, stride in zip(widths, widths[1:], config.strides)
        )
        for convolution in self.convolutions:
            nn.init.kaiming_uniform_(convolution.weight, nonlinearity="relu")
            nn.init.zeros_(convolution.bias)
        self.dropout = nn.Dropout(config.dropout)
        self.recurrent = Recurrent(config.filters, config.hidden, config.layers, config.dropout)
        self.output = nn.Linear(2 * config.hidden, config.units + 1)

    def frames(self, lengths: Tensor) -> Tensor:
        """Return how many frames come out of inputs of so many frames, int64 [B]."""
        for stride in self.strides:
            lengths = (lengths - 1) // stride + 1
        return lengths

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Return log probabilities of the classes, [B, frames, units + 1].

        Args:
            mel: Mel spectrograms, padded, [B, T, bands].
            lengths: Frames of each, from 1 to T, int64 [B], on the CPU.
        """
        x = ((mel - self.mean) / self.std).mT
        for convolution, stride in zip(self.convolutions, self.strides):
            x = x * _inside(lengths, x.shape[-1]).to(x.device)  # the padding is silent, as beyond the ends
            x = torch.relu(convolution(x))
            lengths = (lengths - 1) // stride + 1
        hidden = self.recurrent(self.dropout(x.mT), lengths)
        return self.output(self.dropout(hidden)).float().log_softmax(dim=-1)


def _inside(lengths: Tensor, frames: int) -> Tensor:
    """Return 1 for each frame that is no padding, else 0, [B, 1, frames]."""
    return (torch.arange(frames) < lengths[:, None]).float()[:, None]
