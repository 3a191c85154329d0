"""From phones' linguistic vectors to the log of their frames."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from audiolab.nn.normalise import Normalise
from audiolab.systems.duration.config import DurationConfig


class DurationNetwork(nn.Module):
    """r_p = ReLU(V x_p + a of the language + e of the speaker), an LSTM over phones, a linear layer.

    Args:
        config: Sizes, with all that the data decide.
    """

    def __init__(self, config: DurationConfig) -> None:
        super().__init__()
        self.inputs, self.outputs = Normalise(config.columns), Normalise(1)
        self.rectified = nn.Linear(config.columns, config.hidden)
        self.language = nn.Embedding(len(config.languages), config.hidden)
        self.speaker = nn.Embedding(len(config.speakers), config.hidden)
        for told in (self.language, self.speaker):
            nn.init.zeros_(told.weight)
        self.recurrent = nn.LSTM(
            config.hidden, config.cells, config.layers, batch_first=True, bidirectional=config.both_ways
        )
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.cells * (2 if config.both_ways else 1), 1)

    def told(self, languages: Sequence[int | None], speakers: Sequence[int | None]) -> Tensor:
        """Return what tells of languages and speakers, [B, hidden]; None: the mean of all."""
        kinds = ((self.language.weight, languages), (self.speaker.weight, speakers))
        return sum(
            torch.stack([weight.mean(0) if place is None else weight[place] for place in places])
            for weight, places in kinds
        )

    def forward(self, x: Tensor, lengths: Tensor, told: Tensor) -> Tensor:
        """Return normalised logs of frames, [B, P].

        Args:
            x: Phones' vectors as they are, padded, [B, P, D].
            lengths: Phones of each, from 1 to P, int64 [B], on the CPU.
            told: What `told` gives, [B, hidden].
        """
        y = torch.relu(self.rectified(self.inputs(x)) + told[:, None])
        packed = pack_padded_sequence(y, lengths, batch_first=True, enforce_sorted=False)
        y, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=x.shape[1])
        return self.output(self.dropout(y))[..., 0].float()
