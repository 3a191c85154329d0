"""The domain classifier on the U-Net's bottleneck (SRST, §3)."""

from __future__ import annotations

from torch import Tensor, nn

from audiolab.systems.srst.config import DomainClassifierConfig, EnhancerConfig


class DomainClassifier(nn.Module):
    """Two convolutions with PReLU, one over channels and one over frequency, and the mean over time.

    Args:
        enhancer: Says what the bottleneck is like.
        config: The kernels; zeros stand around the bottleneck.
    """

    def __init__(self, enhancer: EnhancerConfig, config: DomainClassifierConfig) -> None:
        super().__init__()
        channels, bins = enhancer.widths[-1], (enhancer.n_fft // 2 + 1) >> (len(enhancer.widths) - 1)
        kernel, zeros = config.kernel, config.kernel // 2
        self.over_channels = nn.Sequential(nn.Conv2d(channels, 1, kernel, padding=zeros), nn.PReLU())
        self.over_frequency = nn.Sequential(nn.Conv1d(bins, 1, kernel, padding=zeros), nn.PReLU())

    def forward(self, bottleneck: Tensor) -> Tensor:
        """Return the log odds, [B], that (B, channels, bins, T) is of the target domain."""
        return self.over_frequency(self.over_channels(bottleneck)[:, 0])[:, 0].float().mean(-1)
