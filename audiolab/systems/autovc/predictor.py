"""Conversion of audio and of mel spectrograms by a trained AutoVC or CycleAutoVC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from audiolab.config import from_dict
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.nn.facts import Facts
from audiolab.synthesis.griffin_lim import GriffinLim
from audiolab.synthesis.long_audio import Pieces, in_pieces, whole
from audiolab.synthesis.mel_converter import MelConverter
from audiolab.synthesis.mel_vocoder import MelVocoder
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
        size: Values that tell a speaker.
        speaker_encoder: Of the style loss it was trained with, as its config names it; None: there was none.
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
        self.size, self.speaker_encoder = config.told, config.speaker_encoder
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
        convert = self._between(source, target)
        return whole(np.asarray(mel, np.float32)[:, None], convert, self._pieces)[:, 0]

    def convert(
        self,
        wave: np.ndarray,
        rate: int,
        source: str | np.ndarray,
        target: str | np.ndarray,
        vocoder: MelVocoder | None = None,
    ) -> np.ndarray:
        """Return converted audio of the same shape, [N] or [N, channels], and rate; see `between`."""
        return self.between(source, target, vocoder).convert(wave, rate)

    def between(
        self, source: str | np.ndarray, target: str | np.ndarray, vocoder: MelVocoder | None = None
    ) -> MelConverter:
        """Return the conversion from one voice to another.

        Args:
            source: Who speaks: a training speaker's id, or what tells any speaker, [size], such as an embedding.
            target: Who is to speak, likewise.
            vocoder: Makes audio of the spectrograms; None: Griffin and Lim's.

        Raises:
            AudiolabError: A speaker is not known, a vector is of another size; the vocoder is for other spectrograms.
        """
        vocoder = vocoder or GriffinLim(self.analysis, device=self.device)
        if replace(vocoder.analysis, seed=self.analysis.seed) != self.analysis:
            raise AudiolabError("the vocoder is for other mel spectrograms than the converter's; train it on the same")
        convert = self._between(self.told(source), self.told(target))
        return MelConverter(lambda blocks: in_pieces(blocks, convert, self._pieces), vocoder)

    def told(self, speaker: str | np.ndarray) -> np.ndarray:
        """Return what tells a speaker, float32 [size]: of a training speaker's id, or the vector that is given.

        Raises:
            AudiolabError: There was no such training speaker.
        """
        if not isinstance(speaker, str):
            return np.asarray(speaker, np.float32)
        if speaker not in self.speakers:
            raise AudiolabError(f"no training speaker '{speaker}'{did_you_mean(speaker, self.speakers)}")
        return self.speakers[speaker]

    def _between(self, source: np.ndarray, target: np.ndarray) -> Callable[[np.ndarray, int], np.ndarray]:
        """Return what converts pieces [n, channels, bands]; raises where a vector is none of a speaker."""
        for name, told in (("source", source), ("target", target)):
            _check(name, told, (self.size,))
        speakers = [torch.tensor(np.asarray(told, np.float32))[None].to(self.device) for told in (source, target)]
        return lambda piece, _: self._convert(piece, *speakers)

    @torch.inference_mode()
    def _convert(self, mel: np.ndarray, source: torch.Tensor, target: torch.Tensor) -> np.ndarray:
        """Return a piece [n, channels, bands] in another voice."""
        speech = torch.tensor(mel.swapaxes(0, 1)).to(self.device)
        speech = functional.pad(speech, (0, 0, 0, -len(mel) % self.freq))
        source, target = (told.expand(len(speech), -1) for told in (source, target))
        made = self._post_net(self._decoder(self._encoder(speech, source), target))
        return made[:, : len(mel)].clamp(0, 1).cpu().numpy().swapaxes(0, 1)


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
