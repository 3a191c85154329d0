"""Scoring data dirs of enhanced speech against the clean speech of their mixtures, in parallel."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import joblib
import numpy as np

from audiolab.datadir.audio import load_utterance, resample
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.metrics.enhancement import RATE, score_enhanced
from audiolab.metrics.scores import AS_IS, UNTRAINED
from audiolab.tasks.scoring import Scored, attempt, processes, read_list
from audiolab.tasks.se.scores import NOISY, UNKNOWN, EnhancementScore

logger = logging.getLogger(__name__)

_SHARE = 8
"""Utterances that a process is given at a time."""


class Mixtures(Protocol):
    """What is needed of a mixture dir, `audiolab.data.mixtures.MixtureDir`."""

    path: Path
    ids: list[str]
    rate: int

    def parts(self, index: int) -> tuple[np.ndarray, np.ndarray]: ...

    def snr(self, index: int) -> float | None: ...


@dataclass(frozen=True)
class Run:
    """A row of the list of runs: the data dir in which one system's enhanced utterances of one set are."""

    system: str
    seed: str
    set: str
    dir: str


@dataclass(frozen=True)
class Refused:
    """A score that is not there: of which utterance (system, seed, set, id), of which metric, and why."""

    utterance: str
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.utterance}: {self.column}: {self.reason}"


_Result = tuple[EnhancementScore, list[Refused]]


@dataclass(frozen=True)
class ScoredEnhancement(Scored[EnhancementScore]):
    """What `score_runs` gives.

    Attributes:
        refused: What a metric refused; there the scores have NaN.
    """

    refused: list[Refused]

    @property
    def counts(self) -> str:
        """How many there are, for the log."""
        return f"{super().counts}, {len(self.refused)} scores refused"


def read_runs(path: str | Path) -> list[Run]:
    """Return the runs in a tab-separated list with the fields of `Run` as header, the noisy input of each set first.

    Raises:
        AudiolabError: The list is missing, empty, names a run twice, or a row does not have these columns.
    """
    listed = read_list(path, Run, (NOISY, AS_IS))
    noisy = [Run(NOISY, UNTRAINED, name, AS_IS) for name in dict.fromkeys(run.set for run in listed)]
    return [*noisy, *(run for run in listed if run.system != NOISY)]


def score_runs(runs: Sequence[Run], sets: Mapping[str, Mixtures], nj: int = 1) -> ScoredEnhancement:
    """Score every utterance of ``runs``.

    Args:
        runs: What to score.
        sets: Set's name -> its mixtures.
        nj: Processes, of one thread each.

    Raises:
        AudiolabError: A data dir is missing, has not its set's utterances, or a set's rate is below `RATE`. What is
            wrong with a single recording is a failure, not an error.
    """
    for name, mixtures in sets.items():
        if mixtures.rate < RATE:
            raise AudiolabError(f"{mixtures.path}: {name} has {mixtures.rate} Hz; wide-band PESQ needs {RATE} Hz")
    shares = [share for run in runs for share in _shares(run, sets[run.set])]
    count = sum(len(numbers) for _, _, numbers in shares)
    logger.info("%d utterances of %d runs", count, len(runs))
    with processes(nj):
        results = joblib.Parallel()(joblib.delayed(_score_share)(*share) for share in shares)
    found = [result for of_share in results for result in of_share]
    scores = [result[0] for result in found if not isinstance(result, str)]
    refused = [each for result in found if not isinstance(result, str) for each in result[1]]
    return ScoredEnhancement(scores, [result for result in found if isinstance(result, str)], refused)


def _shares(run: Run, mixtures: Mixtures) -> Iterator[tuple[Run, Mixtures, range]]:
    """Yield parts of a run, having checked that its dir has the utterances of its set."""
    if run.dir != AS_IS:
        odd = sorted(DataDir(run.dir).table("wav.scp").keys() ^ set(mixtures.ids))
        if odd:
            raise AudiolabError(
                f"{run.dir}: '{odd[0]}' is not in both wav.scp and {mixtures.path} ({len(odd)} are not); enhance again"
            )
    for start in range(0, len(mixtures.ids), _SHARE):
        yield run, mixtures, range(start, min(start + _SHARE, len(mixtures.ids)))


def _score_share(run: Run, mixtures: Mixtures, numbers: range) -> list[_Result | str]:
    """Return for each utterance its score and what was refused, or the message of what failed."""
    about = DataDir(mixtures.path)
    languages = about.table("utt2lang") if about.has("utt2lang") else {}
    speakers = about.table("utt2spk")
    return [attempt(_score, run, mixtures, number, languages, speakers) for number in numbers]


def _score(
    run: Run, mixtures: Mixtures, number: int, languages: Mapping[str, str], speakers: Mapping[str, str]
) -> _Result:
    name, snr = mixtures.ids[number], mixtures.snr(number)
    values, refused = score_enhanced(*signals(run, mixtures, number))
    label = UNKNOWN if snr is None else f"{snr:g}"
    language, speaker = languages.get(name, UNKNOWN), speakers.get(name)
    if speaker is None:
        raise AudiolabError(f"{mixtures.path}/utt2spk: no '{name}'; make the set again")
    speaker = UNKNOWN if speaker == name else speaker
    score = EnhancementScore(run.system, run.seed, run.set, label, language, speaker, name, values)
    place = f"{run.system}, seed {run.seed}, {run.set}, {name}"
    return score, [Refused(place, column, reason) for column, reason in refused.items()]


def signals(run: Run, mixtures: Mixtures, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return clean speech, what a run made of its mixture, and the mixture, [N] each, at `RATE`."""
    speech, noise = mixtures.parts(number)
    mixture, rate = speech + noise, mixtures.rate
    enhanced = mixture
    if run.dir != AS_IS:
        name = mixtures.ids[number]
        enhanced, rate = load_utterance(DataDir(run.dir), name)
        if (len(enhanced), rate) != (len(speech), mixtures.rate):
            raise AudiolabError(
                f"{run.dir}: {name}: {len(enhanced)} samples at {rate} Hz, but the mixture in {mixtures.path} has "
                f"{len(speech)} at {mixtures.rate} Hz; enhance again"
            )
    return resample(speech, rate, RATE), resample(enhanced, rate, RATE), resample(mixture, rate, RATE)
