"""Conversion of mel spectrograms by a trained AutoVC or CycleAutoVC."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from audiolab.config import from_dict
from audiolab.errors import AudiolabError
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.nn.facts import Facts
from audiolab.synthesis.long_audio import Pieces, whole
from audiolab.systems.autovc.config import AutoVCConfig
from audiolab.systems.autovc.networks import ContentEncoder, Decoder, PostNet
from audiolab.training.export import loaded

PIECE = 2048
"""Frames that are converted at a time, about: 33 s of AutoVC's mel."""

CONTEXT = 256
"""Frames on either side of a piece that the networks see too, at least, where there are so many."""

FADE = 32
"""Frames in which one piece goes over into the next, at least."""


class Converter:
    """A trained converter.

    Attributes:
        rate: Rate in Hz of the audio that features are made of.
        analysis: How features are made.
        freq: Frames that one code stands for.
        speakers: What tells each training speaker, float32 [told], by id: an embedding, or a one-hot vector.
    """

    def __init__(self, config: AutoVCConfig, state: dict[str, Any], device: torch.device) -> None:
        self._encoder = loaded(ContentEncoder(config), state["content_encoder"], device)
        self._decoder = loaded(Decoder(config), state["decoder"], device)
        self._post_net = loaded(PostNet(config), state["post_net"], device)
        facts = loaded(Facts(), state["facts"], torch.device("cpu")).values
        self.analysis = from_dict(LogMelConfig, facts["analysis"], source="the model's analysis")
        self.rate, self.freq, self.device = self.analysis.rate, config.freq, device
        voices = state["voices"].float().cpu().numpy()
        self.speakers = {name: voice for name, voice in zip(facts["speakers"], voices, strict=True)}
        self._told = config.told
        context, fade = _multiple(CONTEXT, self.freq), _multiple(FADE, self.freq)
        self._pieces = Pieces(_multiple(PIECE, self.freq) + fade, context, context, fade)

    def convert_features(self, mel: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return speech in another voice, float32 [T, bands] as it came, values 0 to 1.

        Args:
            mel: Features as `analysis` makes them, [T, bands], T ≥ 1. What is missing of the last code's frames is
                silence. What is longer than about half a minute is converted in pieces, which see what is around them
                and go over into one another.
            source: What tells who speaks, [told].
            target: What tells who is to speak, [told].

        Raises:
            AudiolabError: An array is of another shape, or has values that are not finite.
        """
        _check("features", mel, (None, self.analysis.n_mels))
        for name, told in (("source", source), ("target", target)):
            _check(name, told, (self._told,))
        speakers = [torch.tensor(np.asarray(told, np.float32))[None].to(self.device) for told in (source, target)]
        return whole(np.asarray(mel, np.float32), lambda piece, _: self._convert(piece, *speakers), self._pieces)

    @torch.inference_mode()
    def _convert(self, mel: np.ndarray, source: torch.Tensor, target: torch.Tensor) -> np.ndarray:
        """Return a piece in another voice."""
        speech = torch.tensor(mel)[None].to(self.device)
        speech = functional.pad(speech, (0, 0, 0, -len(mel) % self.freq))
        made = self._post_net(self._decoder(self._encoder(speech, source), target))
        return made[0, : len(mel)].clamp(0, 1).cpu().numpy()


def _multiple(frames: int, of: int) -> int:
    """Return the next multiple."""
    return -(-frames // of) * of


def _check(name: str, array: np.ndarray, shape: tuple[int | None, ...]) -> None:
    """Raise where an array is not of a shape, whose None is any length but 0, or is not finite."""
    given = np.shape(array)
    if len(given) != len(shape) or any(
        size == 0 if wanted is None else size != wanted for size, wanted in zip(given, shape)
    ):
        wanted = " × ".join("T" if size is None else str(size) for size in shape)
        raise AudiolabError(f"{name}: of shape {given}, and {wanted} is wanted; take what this model was trained on")
    if not np.isfinite(array).all():
        raise AudiolabError(f"{name}: has values that are not finite; make them again")
