"""AutoVC's content encoder, decoder and post-net, as its authors' code has them.

Weights are drawn as there: Xavier's uniform distribution, with the gain of what follows, for convolutions and the last
layer, and PyTorch's for LSTMs. Convolutions have a bias, as there, though batch normalisation takes it away again.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from audiolab.nn.batch_norm import BatchNorm1d
from audiolab.systems.autovc.config import AutoVCConfig

KERNEL = 5
DEPTH = 3
"""Convolutions of the content encoder, and of the decoder."""

POST_DEPTH = 5
"""Convolutions of the post-net."""


class ContentEncoder(nn.Module):
    """Speech and who speaks to few values for each block of ``freq`` frames: what is said, and how."""

    def __init__(self, config: AutoVCConfig) -> None:
        super().__init__()
        self.freq = config.freq
        widths = [config.bands + config.told, *[config.channels] * DEPTH]
        self.convolutions = _rectified(widths)
        self.recurrent = nn.LSTM(config.channels, config.neck, 2, batch_first=True, bidirectional=True)

    def forward(self, mel: Tensor, speaker: Tensor) -> Tensor:
        """Return the codes, [B, T / freq, 2 · neck], of speech [B, T, bands] of speakers told by [B, told].

        T is a multiple of ``freq``. A code is the forward LSTM's output at the last frame of its block and the
        backward one's at the first, so each has seen the whole block.
        """
        maps = self.convolutions(torch.cat([mel, _at_each_frame(speaker, mel.shape[1])], dim=-1).mT)
        outputs = self.recurrent(maps.mT)[0].unflatten(1, (-1, self.freq))
        forward, backward = outputs.chunk(2, dim=-1)
        return torch.cat([forward[:, :, -1], backward[:, :, 0]], dim=-1).float()


class Decoder(nn.Module):
    """Codes and who is to speak to speech."""

    def __init__(self, config: AutoVCConfig) -> None:
        super().__init__()
        self.freq = config.freq
        channels = config.channels
        self.first = nn.LSTM(2 * config.neck + config.told, channels, batch_first=True)
        self.convolutions = _rectified([channels] * (DEPTH + 1))
        self.second = nn.LSTM(channels, config.units, 2, batch_first=True)
        self.last = nn.Linear(config.units, config.bands)
        nn.init.xavier_uniform_(self.last.weight)

    def forward(self, codes: Tensor, speaker: Tensor) -> Tensor:
        """Return speech [B, J · freq, bands] of codes [B, J, 2 · neck] in the voices told by [B, told]."""
        frames = codes[:, :, None].expand(-1, -1, self.freq, -1).flatten(1, 2)
        states = self.first(torch.cat([frames, _at_each_frame(speaker, frames.shape[1])], dim=-1))[0]
        return self.last(self.second(self.convolutions(states.mT).mT)[0]).float()


class PostNet(nn.Module):
    """A correction of the decoder's speech, which sees ten frames more on either side."""

    def __init__(self, config: AutoVCConfig) -> None:
        super().__init__()
        widths = [config.bands, *[config.channels] * (POST_DEPTH - 1), config.bands]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths[:-1]):
            layers += [*_normalised(before, after, "tanh"), nn.Tanh()]
        self.convolutions = nn.Sequential(*layers, *_normalised(widths[-2], widths[-1], "linear"))
        nn.init.constant_(self.convolutions[-1].weight, config.post_gain)

    def forward(self, mel: Tensor) -> Tensor:
        """Return corrected speech, [B, T, bands] as it came."""
        return mel + self.convolutions(mel.mT).mT.float()


def _rectified(widths: list[int]) -> nn.Sequential:
    """Return convolutions with normalisation and ReLU, (batch, widths[0], T) to (batch, widths[-1], T)."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [*_normalised(before, after, "relu"), nn.ReLU()]
    return nn.Sequential(*layers)


def _normalised(before: int, after: int, followed_by: str) -> list[nn.Module]:
    convolution = nn.Conv1d(before, after, KERNEL, padding=KERNEL // 2)
    nn.init.xavier_uniform_(convolution.weight, gain=nn.init.calculate_gain(followed_by))
    return [convolution, BatchNorm1d(after)]


def _at_each_frame(speaker: Tensor, frames: int) -> Tensor:
    """Return [B, frames, told] of [B, told]."""
    return speaker[:, None].expand(-1, frames, -1)
