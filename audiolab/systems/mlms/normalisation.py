"""Inputs in zero mean and unit variance, over the frames of all languages that a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from audiolab.nn.normalise import Normalise


class Inputs(Normalise):
    """Of frames' linguistic vectors.

    Args:
        width: N.
        languages: How many.

    Attributes:
        present: Which columns a language has, [languages, N]; of the others 0 comes out.
    """

    def __init__(self, width: int, languages: int) -> None:
        super().__init__(width)
        self.register_buffer("present", torch.ones(languages, width, dtype=torch.bool))

    def forward(self, x: Tensor, languages: Sequence[int]) -> Tensor:
        """Return normalised vectors [B, T, N]."""
        present = self.present[torch.tensor(languages, device=x.device)]
        return super().forward(x.float()) * present[:, None]

    def take_statistics(
        self, by_language: Mapping[str, np.ndarray], languages: Sequence[str], padded_after: bool
    ) -> Tensor:
        """Take statistics [2, N + 1] of each language; what a language does not have counts as 0, or not at all.

        Returns:
            Which columns are constant, bool [N]: 0 comes out of them.
        """
        stats = np.stack([by_language[name] for name in languages])
        has = self.note_present(by_language, languages) if padded_after else np.ones(stats[:, 1, :-1].shape, bool)
        sums, squares = (np.where(has, stats[:, row, :-1], 0).sum(0) for row in (0, 1))
        counts = np.maximum(np.where(has, stats[:, 0, -1:], 0).sum(0), 1)
        mean = sums / counts
        return self.take(mean, np.sqrt(np.maximum(squares / counts - mean**2, 0)))

    def note_present(self, by_language: Mapping[str, np.ndarray], languages: Sequence[str]) -> np.ndarray:
        """Note which columns the languages of statistics have: those that are not 0 throughout; return it for all."""
        for place, name in enumerate(languages):
            if name in by_language:
                self.present[place] = torch.from_numpy(by_language[name][1, :-1] > 0)
        return self.present.cpu().numpy()
