"""A mapping of mel envelopes applied to speech of any level, whose loudness it keeps.

A mapping was made for speech at the level of its training. So each window is brought to that level, mapped, and the
*difference* is taken there. Its mean over the frames of speech is a matter of level, not of shape, and is taken off;
what is left is held within the limit. A gain then brings the energy back to what it was (`restoring_gain`). That is the
energy constraint of SoftGAN's paper (§3.3), for an utterance as a whole.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from audiolab.features.envelope import to_db, to_scale
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.speech_level import frame_levels, is_active, is_heard, silence
from audiolab.features.speech_profile import SpeechProfile, bands_below

NEAR_S = 0.1
"""So far from speech a pause is mapped with it. What is farther keeps its shape: a mapping that normalises by its
frames, as instance normalisation does, would depend on how much silence there is beside the speech."""

Mapping = Callable[[Tensor], Tensor]
"""Mel envelopes as they are stored, [T, n_mels], to converted ones of the same shape; looks at its own frames only."""


class LevelMatched:
    """A mapping for audio of one rate, at any level.

    Args:
        mapping: What converts mel envelopes.
        profile: Of the speech that it was made for.
        analysis: How mel envelopes are made of audio.
        limit_db: Most by which the shape changes.
        highest: Up to where the audio has data, in Hz; None: everywhere.
    """

    def __init__(
        self,
        mapping: Mapping,
        profile: SpeechProfile,
        analysis: EnvelopeConfig,
        limit_db: float,
        highest: float | None,
    ) -> None:
        self.mapping, self.profile, self.analysis, self.limit_db = mapping, profile, analysis, limit_db
        self.bands = bands_below(highest, analysis)
        self._silent = silence(analysis)

    def __call__(self, mel: Tensor, level: float) -> Tensor:
        """Return by how much a window's shape changes, [T, n_mels] in dB, within the limit; 0 away from speech.

        Args:
            mel: Mel envelopes in dB, [T, n_mels].
            level: The audio's active level in dB, as ``mel`` has it.
        """
        heard = is_heard(mel, self._silent)  # digital silence has no shape
        spoken = is_active(frame_levels(mel, self.analysis), level) & heard
        shape = torch.zeros_like(mel)
        if not spoken.any():
            return shape
        near = self._near(spoken) & heard
        known = self.profile.fill(mel[near] + (self.profile.level - level), self.bands)
        known = known.maximum(self.profile.lowest.to(known))  # digital silence is far from what the mapping knows
        difference = to_db(self.mapping(to_scale(known, self.analysis)), self.analysis) - known
        of_level = difference[spoken[near]][:, : self.bands].mean()
        shape[near] = (difference - of_level).clamp(-self.limit_db, self.limit_db)
        return shape

    def _near(self, spoken: Tensor) -> Tensor:
        """Return which frames [T] are of speech, or within `NEAR_S` of it."""
        reach = round(1000 * NEAR_S / self.analysis.stft.shift_ms)
        return functional.max_pool1d(spoken[None, None].float(), 2 * reach + 1, 1, reach)[0, 0] > 0


def restoring_gain(before: np.ndarray, after: np.ndarray) -> float:
    """Return the gain in dB after which frames have the energy, in sum, that they had.

    Args:
        before: Energy of each frame, [T].
        after: Energy of each changed frame, [T].
    """
    had, has = before.sum(), after.sum()
    return float(10 * np.log10(had / has)) if had > 0 and has > 0 else 0.0
