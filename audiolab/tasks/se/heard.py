"""What speech enhancement left to listen to: each mixture noisy, as every system enhanced it, and clean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

import numpy as np

from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.datadir import DataDir
from audiolab.metrics.scores import AS_IS
from audiolab.report.players import Clip, Item, Sound
from audiolab.tasks.se.scoring import Run


@dataclass(frozen=True)
class MixtureClip:
    """A mixture, or the clean speech in it, made in memory."""

    mixtures: MixtureDir
    index: int
    part: Literal["noisy", "clean"]

    @property
    def utterance(self) -> str:
        """The mixture's id."""
        return self.mixtures.ids[self.index]

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells it from other clips."""
        return str(self.mixtures.path), self.index, self.part

    def load(self) -> tuple[np.ndarray, int]:
        """Return (samples [N], float32; rate in Hz)."""
        speech, noise = self.mixtures.parts(self.index)
        return speech if self.part == "clean" else speech + noise, self.mixtures.rate


def items(runs: Sequence[Run], sets: Mapping[str, MixtureDir]) -> dict[str, list[Item]]:
    """Return set -> its mixtures in all versions, languages in turn; of each system, the run that is listed first."""
    return {name: list(_of_set(mixtures, [r for r in runs if r.set == name])) for name, mixtures in sets.items()}


def _of_set(mixtures: MixtureDir, runs: Sequence[Run]) -> Iterator[Item]:
    first: dict[str, DataDir] = {}
    for run in runs:
        if run.dir != AS_IS and run.system not in first:
            first[run.system] = DataDir(Path(run.dir))
    about = DataDir(mixtures.path)
    languages = about.table("utt2lang") if about.has("utt2lang") else {}
    for index in _in_turn([languages.get(name, "") for name in mixtures.ids]):
        name, snr = mixtures.ids[index], mixtures.snr(index)
        words = [name, languages.get(name, ""), "" if snr is None else f"SNR {snr:g} dB"]
        clips: dict[str, Sound] = {"Noisy": MixtureClip(mixtures, index, "noisy")}
        clips |= {system: Clip(datadir, name) for system, datadir in first.items()}
        clips["Clean"] = MixtureClip(mixtures, index, "clean")
        yield Item(", ".join(word for word in words if word), clips)


def _in_turn(labels: Sequence[str]) -> list[int]:
    """Return the places of labels so that the labels take turns.

    >>> _in_turn(["de", "de", "fr", "de", "fr"])
    [0, 2, 1, 4, 3]
    """
    numbers = {label: count() for label in labels}
    turns = [(next(numbers[label]), label, place) for place, label in enumerate(labels)]
    return [place for _, _, place in sorted(turns)]
