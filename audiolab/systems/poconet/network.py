"""The U-Net of DenseNet and attention blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from audiolab.nn.batch_norm import BatchNorm2d
from audiolab.systems.poconet.attention import TimeAttention
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.dense import DenseBlock


class UNet(nn.Module):
    """Maps (B, inputs, F, T) to (B, outputs, F, T); F is the config's ``bins``, T any number.

    Between two levels are 2 × 2 max-pooling on the way down and doubling on the way up. Frame s of a level below is
    made of the frames 2s − 1 and 2s, and gives the frames 2s and 2s + 1 on the way up: so no frame of the result
    depends on a later one of the input, but for attention that is not causal.

    Args:
        inputs: Channels of the input.
        outputs: Of the result.
        config: Sizes.
    """

    def __init__(self, inputs: int, outputs: int, config: PoCoNetConfig) -> None:
        super().__init__()
        widths = config.widths
        self.checkpointing = config.checkpointing
        self.down = nn.ModuleList(
            _Level([before], after, level, config)
            for level, (before, after) in enumerate(zip([inputs, *widths], widths))
        )
        self.up = nn.ModuleList(
            _Level([widths[level + 1], widths[level]], widths[level], level, config)
            for level in reversed(range(len(widths) - 1))
        )
        self.last = nn.Conv2d(widths[0], outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the map that the input gives."""
        features: list[Tensor] = []
        for level in self.down:
            features.append(self._run(level, [halved(features[-1]) if features else x]))
        x = features.pop()
        for level in self.up:
            skip = features.pop()
            x = self._run(level, [doubled(x, skip.shape[-1]), skip])
        return self.last(x)

    def _run(self, level: nn.Module, maps: Sequence[Tensor]) -> Tensor:
        if not (self.checkpointing and self.training):
            return level(*maps)
        return checkpoint(
            level, *maps, use_reentrant=False, preserve_rng_state=False, context_fn=lambda: _contexts(level)
        )


class _Level(nn.Module):
    """A DenseNet block, and attention behind it."""

    def __init__(self, inputs: Sequence[int], channels: int, level: int, config: PoCoNetConfig) -> None:
        super().__init__()
        self.dense = DenseBlock(inputs, channels, config.norm_momentum)
        self.attention = (
            TimeAttention(
                channels, config.bins >> level, config.attention_channels, config.attention_dim, config.causal_attention
            )
            if config.attention_channels
            else nn.Identity()
        )

    def forward(self, *maps: Tensor) -> Tensor:
        return self.attention(self.dense(*maps))


def halved(x: Tensor) -> Tensor:
    """Return (B, C, F / 2, T // 2 + 1) of (B, C, F, T): the largest of two bins each and the frames 2s − 1 and 2s."""
    return functional.max_pool2d(x, 2, padding=(0, 1))


def doubled(x: Tensor, frames: int) -> Tensor:
    """Return (B, C, 2F, frames) of (B, C, F, T), each bin and frame twice; at most 2T frames."""
    wide = x[:, :, :, None, :, None].expand(-1, -1, -1, 2, -1, 2)
    return wide.flatten(4, 5).flatten(2, 3)[..., :frames]


def reach(levels: int) -> int:
    """Return how many frames before it a frame of the result of so many levels depends on, apart from attention.

    Steps of a level are 2^level frames: six by the convolutions of a block, and one by pooling and one by doubling
    between two levels.
    """
    blocks = sum(6 * 2**level for level in range(levels))
    return blocks + sum((6 + 2) * 2**level for level in range(levels - 1))


def _contexts(level: nn.Module) -> tuple[AbstractContextManager, AbstractContextManager]:
    return nullcontext(), _not_tracked(level)


@contextmanager
def _not_tracked(level: nn.Module) -> Iterator[None]:
    """Keep batch normalisation from counting a batch into its means and variances a second time."""
    norms = [module for module in level.modules() if isinstance(module, BatchNorm2d)]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True
