"""The domain classifier on the U-Net's bottleneck (SRST, §3)."""

from __future__ import annotations

from torch import Tensor, nn

from audiolab.systems.srst.config import EnhancerConfig


class DomainClassifier(nn.Module):
    """Two convolutions with PReLU, one over channels and one over frequency, and the mean over time.

    Args:
        channels: Channels of the bottleneck.
        bins: Its frequency bins.
    """

    def __init__(self, channels: int, bins: int) -> None:
        super().__init__()
        self.over_channels = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.PReLU())
        self.over_frequency = nn.Sequential(nn.Conv1d(bins, 1, 1), nn.PReLU())

    def forward(self, bottleneck: Tensor) -> Tensor:
        """Return the log odds, [B], that (B, channels, bins, T) is of the target domain."""
        return self.over_frequency(self.over_channels(bottleneck)[:, 0])[:, 0].float().mean(-1)


def bottleneck_bins(config: EnhancerConfig) -> int:
    """Return how many frequency bins the U-Net's bottleneck has."""
    return (config.n_fft // 2 + 1) >> (len(config.widths) - 1)
