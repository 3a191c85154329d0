"""The acoustic model: from frames' linguistic vectors to vocoder parameters, of any language with any speaker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from audiolab.nn.lstm_towers import State
from audiolab.nn.normalise import Normalise
from audiolab.systems.mlms.config import MLMSConfig
from audiolab.systems.mlms.heads import Heads, make_codes
from audiolab.systems.mlms.normalisation import Inputs
from audiolab.systems.mlms.towers import Towers


@dataclass
class Memory:
    """What is carried from frame to frame: of each layer of the towers, and the outputs before, [B, W]."""

    layers: list[State]
    outputs: Tensor

    def of(self, items: Tensor) -> Memory:
        """Return that of some items."""
        return Memory([(h[:, items], c[:, items]) for h, c in self.layers], self.outputs[items])


@dataclass
class Piece:
    """Some frames of some utterances.

    Attributes:
        begin: The first frame.
        items: Which utterances of the batch have frames left, int64 [b].
        found: Their normalised outputs, [b, frames, W].
        inside: 1 where a frame is no padding, else 0, [b, frames, 1].
    """

    begin: int
    items: Tensor
    found: Tensor
    inside: Tensor


class AcousticModel(nn.Module):
    """h_t = mean tower + Σ_l λ_l · basis tower l; y_t = W h_t + R y_(t−1) + b, with λ the language's and W, R, b the
    speaker's.

    All is computed in float32, also under autocast: what rounds is fed back a thousand times.

    Args:
        config: Sizes, with all that the data decide.
    """

    def __init__(self, config: MLMSConfig) -> None:
        super().__init__()
        self.inputs = Inputs(config.inputs, len(config.languages))
        self.outputs = Normalise(config.outputs)
        self.towers = Towers(config)
        self.codes = make_codes(config)
        self.heads = Heads(config)

    def start(self, batch: int) -> Memory:
        """Return what is carried before the first frame: zeros, which are the corpus' means as outputs."""
        return Memory(self.towers.start(batch), self.outputs.mean.new_zeros(batch, len(self.outputs.mean)))

    def forward(
        self, x: Tensor, languages: Sequence[int], speakers: Sequence[int], memory: Memory
    ) -> tuple[Tensor, Memory]:
        """Return normalised outputs [B, T, W] and what is carried on, without a gradient.

        Args:
            x: Frames' linguistic vectors as they are, [B, T, N].
            languages: Of each item.
            speakers: Of each item.
            memory: What is carried into the first frame.
        """
        with torch.autocast(x.device.type, enabled=False):
            towers, layers = self.towers(self.inputs(x, languages), memory.layers)
            hidden = towers[0]
            if len(towers) > 1:
                code = torch.stack([self.codes[language] for language in languages])
                hidden = hidden + (code.T[:, None, :, None] * towers[1:]).sum(0)
            found = self.heads(hidden.transpose(0, 1), speakers, memory.outputs)
        return found, Memory(layers, found[:, -1].detach())

    def pieces(
        self, x: Tensor, languages: Sequence[int], speakers: Sequence[int], lengths: Sequence[int], frames: range
    ) -> Iterator[Piece]:
        """Yield the outputs of whole utterances piece by piece; what has ended is not computed any more.

        Weights may change from one piece to the next. A piece that no utterance reaches has no items.

        Args:
            x: [B, T, N].
            languages: Of each item.
            speakers: Of each item.
            lengths: Frames of each item.
            frames: Where pieces begin; its step is their length.
        """
        ends = torch.tensor(lengths, device=x.device)
        items = torch.arange(len(x), device=x.device)
        memory = self.start(len(x))
        for begin in frames:
            left = [place for place, item in enumerate(items.tolist()) if lengths[item] > begin]
            kept = torch.tensor(left, dtype=torch.int64, device=x.device)
            items, memory = items[kept], memory.of(kept)
            end = min(begin + frames.step, max((lengths[item] for item in items.tolist()), default=begin))
            if not left:
                yield Piece(begin, items, x.new_zeros(0, 0, len(self.outputs.mean)), x.new_zeros(0, 0, 1))
                continue
            of_item = [[names[item] for item in items.tolist()] for names in (languages, speakers)]
            found, memory = self(x[items, begin:end], *of_item, memory)
            inside = (torch.arange(begin, end, device=x.device) < ends[items, None]).to(found)[..., None]
            yield Piece(begin, items, found, inside)
