"""Scoring enhanced speech against the clean speech of its mixtures, in processes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.audio import load_utterance, resample
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.metrics.enhancement import CONDITIONS, RATE, pesq_wb, si_sdr_db, stoi
from audiolab.metrics.refusal import Refusal
from audiolab.metrics.scores import AS_IS, UNTRAINED
from audiolab.report.players import Clip
from audiolab.tasks import scoring
from audiolab.tasks.runs import Run
from audiolab.tasks.scored import Scored
from audiolab.tasks.se.scores import FURTHER, METRICS, NOISY, UNKNOWN, EnhancementScore
from audiolab.tasks.se.tables import TASK
from audiolab.work import each


@dataclass(frozen=True)
class Item:
    """A mixture of a run's set, which the run enhanced.

    Attributes:
        run: The run.
        mixtures: Its set.
        index: Of the mixture in the set.
        about: The set as a data dir.
        made: The data dir of what the run made; None: it leaves mixtures as they are.
    """

    run: Run
    mixtures: MixtureDir
    index: int
    about: DataDir
    made: DataDir | None

    @property
    def utterance(self) -> str:
        """The mixture's id."""
        return self.mixtures.ids[self.index]

    @property
    def told(self) -> Clip:
        """Of recorded pairs there may be a text; mixtures are drawn from excerpts, whose words nobody knows."""
        return Clip(self.about, self.utterance)

    def heard(self) -> np.ndarray:
        """Return what the run made, [N] at `RATE`."""
        return self.signals()[1]

    def signals(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return clean speech, what the run made of its mixture, and the mixture, [N] each, at `RATE`."""
        speech, noise = self.mixtures.parts(self.index)
        mixture, rate = speech + noise, self.mixtures.rate
        enhanced = mixture
        if self.made is not None:
            enhanced, rate = load_utterance(self.made, self.utterance)
            if (len(enhanced), rate) != (len(speech), self.mixtures.rate):
                raise AudiolabError(
                    f"{self.made.path}: {self.utterance}: {len(enhanced)} samples at {rate} Hz, but the mixture in "
                    f"{self.mixtures.path} has {len(speech)} at {self.mixtures.rate} Hz; enhance again"
                )
        return resample(speech, rate, RATE), resample(enhanced, rate, RATE), resample(mixture, rate, RATE)


class Scoring(scoring.Scoring[EnhancementScore]):
    """How enhanced speech is scored; the mixtures of each set are scored as they are, too, and first."""

    task = TASK
    items: list[Item]

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add where the sets are."""
        parser.add_argument("--data", required=True, help="folder that holds the sets' mixture dirs by name")

    def __init__(self, options: Any, runs: Sequence[Run]) -> None:
        groups = dict.fromkeys(run.group for run in runs)
        noisy = [Run(NOISY, UNTRAINED, group, AS_IS) for group in groups]
        sets = {group: MixtureDir(Path(options.data, *group)) for group in groups}
        for (name,), mixtures in sets.items():
            if mixtures.rate < RATE:
                raise AudiolabError(f"{mixtures.path}: {name} has {mixtures.rate} Hz; wide-band PESQ needs {RATE} Hz")
        about = {group: DataDir(mixtures.path).share("utt2spk", "utt2lang") for group, mixtures in sets.items()}
        self.datadirs = list(about.values())
        listed = [*noisy, *(run for run in runs if run.system != NOISY)]
        self.items = [item for run in listed for item in _items(run, sets[run.group], about[run.group])]

    def score(self, places: Sequence[int]) -> Scored[EnhancementScore]:
        """Score mixtures of runs."""
        found = dict(zip(places, each(_score, [self.items[place] for place in places])))
        return Scored(
            results={place: result if isinstance(result, str) else result[0] for place, result in found.items()},
            refused={place: result[1] for place, result in found.items() if not isinstance(result, str)},
        )

    def conditions(self, scored: Scored[EnhancementScore]) -> dict[str, str]:
        """Return which metrics these are, and how many scores they refused."""
        columns = Counter(c for score in scored.scores for c, value in score.values.items() if math.isnan(value))
        counted = ", ".join(f"{columns[m.column]} {m.name}" for m in (*METRICS, *FURTHER) if columns[m.column])
        refused = f"{counted} of {len(scored.scores)} each, left out of means" if counted else "none"
        return {**CONDITIONS, "Refused": refused}


def score_enhanced(
    clean: np.ndarray, enhanced: np.ndarray, mixture: np.ndarray
) -> tuple[dict[str, float], dict[str, str]]:
    """Return (column -> value, column -> reason of what was refused).

    The columns are those of `METRICS`, and ``estoi`` and ``si_sdr_i``. All are taken without the signals' means: to
    STOI, a constant offset would be speech in the pauses.

    Args:
        clean: The clean speech, [N], at `RATE`.
        enhanced: What a system made of the mixture, [N].
        mixture: What it was made of, [N].

    Returns:
        Values, NaN where there is a reason.

    Raises:
        ValueError: The lengths differ.
    """
    if not clean.shape == enhanced.shape == mixture.shape or clean.ndim != 1:
        raise ValueError(f"signals of shapes {clean.shape}, {enhanced.shape} and {mixture.shape}")
    clean, enhanced, mixture = (w - w.mean(dtype=np.float64).astype(w.dtype) for w in (clean, enhanced, mixture))
    measures: dict[str, Callable[[], float]] = {
        "pesq": lambda: pesq_wb(clean, enhanced),
        "stoi": lambda: stoi(clean, enhanced),
        "si_sdr": lambda: si_sdr_db(clean, enhanced),
        "estoi": lambda: stoi(clean, enhanced, extended=True),
        "si_sdr_i": lambda: si_sdr_db(clean, enhanced) - si_sdr_db(clean, mixture),
    }
    values, refused = {}, {}
    for column, measure in measures.items():
        try:
            for name, wave in (("clean", clean), ("enhanced", enhanced)):
                if not np.ptp(wave):
                    raise Refusal(f"the {name} speech is silent")
            values[column] = measure()
        except Refusal as refusal:
            values[column], refused[column] = math.nan, str(refusal)
    return values, refused


def _items(run: Run, mixtures: MixtureDir, about: DataDir) -> Iterator[Item]:
    """Yield the mixtures of a run's set, having checked that the run's dir has the same."""
    made = None if run.dir == AS_IS else DataDir(run.dir).share()
    odd = sorted(set(made.table("wav.scp")) ^ set(mixtures.ids)) if made else []
    if odd:
        raise AudiolabError(
            f"{run.dir}: '{odd[0]}' is not in both wav.scp and {mixtures.path} ({len(odd)} are not); enhance again"
        )
    for index in range(len(mixtures.ids)):
        yield Item(run, mixtures, index, about, made)


def _score(item: Item) -> tuple[EnhancementScore, list[str]]:
    """Return the score of a mixture, and what was refused."""
    run, name, snr = item.run, item.utterance, item.mixtures.snr(item.index)
    values, refused = score_enhanced(*item.signals())
    language = item.about.table("utt2lang").get(name, UNKNOWN) if item.about.has("utt2lang") else UNKNOWN
    speaker = item.about.table("utt2spk").get(name)
    if speaker is None:
        raise AudiolabError(f"{item.about.path}/utt2spk: no '{name}'; make the set again")
    label, speaker = UNKNOWN if snr is None else f"{snr:g}", UNKNOWN if speaker == name else speaker
    score = EnhancementScore(run.system, run.seed, *run.group, label, language, speaker, name, values)
    return score, [f"{run.place(name)}: {column}: {reason}" for column, reason in refused.items()]
