"""U-Net (Ronneberger, Fischer, Brox, MICCAI 2015) over maps of frequency and time, as encoder and decoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolab.nn.batch_norm import BatchNorm2d


class DoubleConv(nn.Sequential):
    """Twice: 3 × 3 convolution, batch normalisation, ReLU."""

    def __init__(self, before: int, between: int, after: int) -> None:
        layers: list[nn.Module] = []
        for inputs, outputs in ((before, between), (between, after)):
            conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)  # the normalisation would take a bias away
            nn.init.kaiming_uniform_(conv.weight, nonlinearity="relu")
            layers += [conv, BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        super().__init__(*layers)


class UNetEncoder(nn.Module):
    """Maps (batch, inputs, F, T) to the features of every level, bottleneck last: (batch, width, F // 2^l, T // 2^l).

    Args:
        inputs: Channels of the input.
        widths: Channels of each level; 2 × 2 max-pooling lies between two levels.
    """

    def __init__(self, inputs: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            DoubleConv(before, after, after) for before, after in zip([inputs, *widths], widths)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the features of all levels; F and T must be at least 2^(levels − 1)."""
        features: list[Tensor] = []
        for level in self.levels:
            x = level(functional.max_pool2d(x, 2) if features else x)
            features.append(x)
        return features


class UNetDecoder(nn.Module):
    """From the features of a `UNetEncoder` back to (batch, outputs, F, T).

    Each level doubles what comes from below (bilinear), joins it to the encoder's features of its size, and halves the
    channels on the way (first convolution to half of the joined, second to the width above).

    Args:
        widths: As the encoder's.
        outputs: Channels of the output.
        align_corners: Stretch maps so that their corner points stay corner points. What one frame gives then depends on
            how many there are, and long audio cannot be worked on in pieces.
    """

    def __init__(self, widths: Sequence[int], outputs: int, align_corners: bool = False) -> None:
        super().__init__()
        self.align_corners = align_corners
        levels, below = [], widths[-1]
        for number in range(len(widths) - 2, -1, -1):
            joined = below + widths[number]
            after = widths[number - 1] if number else widths[0]
            levels.append(DoubleConv(joined, joined // 2, after))
            below = after
        self.levels = nn.ModuleList(levels)
        self.last = nn.Conv2d(below, outputs, 1)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return the map that the features of all levels give."""
        x = features[-1]
        for level, skip in zip(self.levels, reversed(features[:-1])):
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=self.align_corners)
            missing = skip.shape[-2] - x.shape[-2], skip.shape[-1] - x.shape[-1]
            x = functional.pad(x, (missing[1] // 2, missing[1] - missing[1] // 2, missing[0] // 2,
                                   missing[0] - missing[0] // 2))  # fmt: skip
            x = level(torch.cat([skip, x], dim=1))
        return self.last(x)


def context_of(levels: int, overlap: int = 0) -> int:
    """Return a number of frames, a multiple of the coarsest level's step, beyond which no input changes an output.

    Args:
        levels: Of the U-Net.
        overlap: Frames beyond which a frame of the STFTs before and behind it has no sample in common with another.

    Each level has two convolutions of 3 on the way down and, but for the last, two on the way up, whose steps double
    from level to level; pooling and bilinear doubling look one step further. Without ``align_corners``.
    """
    coarsest = 2 ** (levels - 1)
    down = sum(2 * 2**level for level in range(levels))
    up = sum(2 * 2**level + 2 * 2**level for level in range(levels - 1))
    return -(-(down + up + coarsest + overlap) // coarsest) * coarsest
