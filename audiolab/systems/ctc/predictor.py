"""What is said in audio, by a trained recogniser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from audiolab.config import from_dict
from audiolab.data.heard import mel_of
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.nn.facts import Facts
from audiolab.systems.ctc.config import CTCConfig
from audiolab.systems.ctc.decoding import greedy, prefix_beam
from audiolab.systems.ctc.recogniser import Recogniser
from audiolab.text.units import from_plain
from audiolab.training.export import loaded


class Predictor:
    """A trained recogniser.

    Attributes:
        analysis: How it hears.
        rate: Rate in Hz at which it works.
        units: What it writes with.
    """

    def __init__(self, config: CTCConfig, state: dict[str, Any], device: torch.device) -> None:
        facts = Facts()
        facts.load_state_dict(state["facts"])
        self.analysis = from_dict(LogMelConfig, facts.values["analysis"], source="the model's analysis")
        self.rate, self.device = self.analysis.rate, device
        self.units = from_plain(facts.values["units"])
        self._recogniser = loaded(Recogniser(config), state["recogniser"], device)
        self._mel = LogMel(self.analysis)

    def transcribe(self, wave: np.ndarray, rate: int, beam: int = 8) -> str:
        """Return what is said, in small letters without punctuation; nothing where nothing is heard.

        Args:
            wave: Floats [N], N ≥ 1, with full scale ±1; a very short one is followed by silence.
            rate: In Hz; at least that of the model.
            beam: Texts that the search keeps; 1: the best path.

        Raises:
            AudiolabError: As `audiolab.data.heard.mel_of`, but that silence is heard.
        """
        least = self.analysis.n_fft // 2 + 1  # what the analysis reflects at the ends
        mel = mel_of(wave, rate, self._mel, allow_silent=True, least=least)
        return self.transcribe_features([mel], beam)[0]

    def transcribe_features(self, mels: Sequence[np.ndarray], beam: int = 8) -> list[str]:
        """Return what is said in each of some mel spectrograms, [T, bands], as `transcribe` does."""
        log_probs = [torch.from_numpy(each) for each in self.log_probs(mels)]
        lengths = torch.tensor([len(each) for each in log_probs])
        padded = torch.nn.utils.rnn.pad_sequence(log_probs, batch_first=True)
        found = greedy(padded, lengths) if beam == 1 else prefix_beam(padded, lengths, beam)
        return [self.units.decode(units) for units in found]

    @torch.no_grad()
    def log_probs(self, mels: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return log probabilities of the blank and of each unit, float32 [T', units + 1], of mel spectrograms."""
        lengths = torch.tensor([len(mel) for mel in mels])
        padded = torch.nn.utils.rnn.pad_sequence([torch.tensor(mel).float() for mel in mels], batch_first=True)
        found = self._recogniser(padded.to(self.device), lengths).cpu().numpy()
        return [each[:frames] for each, frames in zip(found, self._recogniser.frames(lengths).tolist())]
