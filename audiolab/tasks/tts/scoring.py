"""Scoring synthesised speech by its vocoder parameters, frame by frame beside those of the recordings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.audio import load_utterance, resample
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.features.cmvn import mean_and_deviation
from audiolab.features.world_parameters import WorldParameters
from audiolab.metrics.judges.judge import RATE
from audiolab.metrics.scores import AS_IS, UNTRAINED
from audiolab.metrics.summary import group
from audiolab.report.players import Clip
from audiolab.tasks import scoring
from audiolab.tasks.runs import Run
from audiolab.tasks.scored import Scored
from audiolab.tasks.tts.recordings import Recording, Recordings
from audiolab.tasks.tts.scores import VOCODED, SynthesisScore
from audiolab.tasks.tts.tables import TASK
from audiolab.tasks.tts.utterance import Normalisation, score_parameters, vocoded
from audiolab.work import each

CONSTANT = 1e-4
"""A standard deviation up to which a value is constant; it is not divided by that, but by 1, as in training."""


@dataclass(frozen=True)
class Item:
    """An utterance that a run made.

    Attributes:
        run: The run.
        recording: The same sentence as it was recorded.
        made: The run's data dir, and its parameters as features; None: of `VOCODED`.
    """

    run: Run
    recording: Recording
    made: tuple[DataDir, FeatureDir] | None

    @property
    def utterance(self) -> str:
        """Its id."""
        return self.recording.utterance

    @property
    def told(self) -> Clip:
        """Where its text and language are told."""
        return Clip(self.recording.datadir, self.utterance)

    def heard(self) -> np.ndarray:
        """Return the speech, [N] at `RATE`."""
        if self.made is None:
            world = WorldParameters(self.recording.features.config)
            return resample(world.synthesise(self.recording.parameters()), world.config.rate, RATE)
        return load_utterance(self.made[0], self.utterance, RATE)[0]

    def parameters(self, world: WorldParameters) -> tuple[np.ndarray, np.ndarray]:
        """Return those of the recording and of what was made, [T, W] each.

        Raises:
            AudiolabError: They are not of as many frames.
        """
        natural = self.recording.parameters()
        if self.made is None:
            return natural, vocoded(natural, world, self.recording.range)
        features = self.made[1]
        found = features.read(features.utterances.index(self.utterance))
        if len(found) != len(natural):
            raise AudiolabError(
                f"{features.folder}: {self.utterance}: {len(found)} frames, and the recording has {len(natural)} in "
                f"{self.recording.features.folder}; align these recordings, and speak with these durations"
            )
        return natural, found


class Scoring(scoring.Scoring[SynthesisScore]):
    """How synthesised speech is scored; `VOCODED` is, too, and first."""

    task = TASK
    items: list[Item]

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add where recordings and their parameters are, and in which normalisation errors are."""
        parser.add_argument("--data", nargs="+", required=True, help="data dirs of the recordings")
        parser.add_argument(
            "--features", nargs="+", required=True, help="of each, the folder of features of kind world"
        )
        parser.add_argument(
            "--statistics", nargs="+", required=True,
            help="cmvn.scp (compute_cmvn) of features, whose sums over all speakers normalise the mean square error",
        )  # fmt: skip

    def __init__(self, options: Any, runs: Sequence[Run]) -> None:
        recordings = Recordings(options.data, options.features)
        self.datadirs = [*recordings.datadirs, *(DataDir(path) for path in options.features)]
        self.world = recordings.world
        self.statistics = list(options.statistics)
        self.normalisation = read_normalisation(self.statistics, sum(recordings.config.streams.values()))
        self.items = [item for of_voice in group(runs, lambda run: run.group).values()
                      for item in _items(of_voice, recordings)]  # fmt: skip

    def score(self, places: Sequence[int]) -> Scored[SynthesisScore]:
        """Score utterances of runs."""
        items = [self.items[place] for place in places]
        found = dict(zip(places, each(_score, items, self.world, self.normalisation)))
        return Scored(
            results={place: result if isinstance(result, str) else result[0] for place, result in found.items()},
            refused={place: result[1] for place, result in found.items() if not isinstance(result, str)},
        )

    def conditions(self, scored: Scored[SynthesisScore]) -> dict[str, str]:
        """Return over what errors are taken, and in which normalisation."""
        config = self.world.config
        return {
            "Frames": f"of {config.shift_ms:g} ms, each beside the recording's of the same number: durations are the "
            "recordings' own. Of the mean square error all frames, of the others those whose power is within 35 dB of "
            "the recording's loudest",
            "Parameters": f"{config.streams['mcep']} mel-cepstra (α = {self.world.alpha:g}, MCD without the first), "
            f"ln F0, V/UV, {config.streams['bap']} band aperiodicities; of a system as it predicts them, before the "
            "post-filter",
            "Normalisation": "mean square errors of all systems in the standard deviations of "
            f"{', '.join(self.statistics)}",
            VOCODED.capitalize(): "the recordings' own parameters, made speech by the vocoder and analysed again: what "
            "the vocoder alone loses, which no system's scores have in them",
        }


def read_normalisation(paths: Sequence[str], width: int) -> Normalisation:
    """Return the normalisation by the statistics in ``cmvn.scp`` tables, summed over speakers and tables.

    Args:
        paths: The tables.
        width: Values of a frame, W.

    Raises:
        AudiolabError: A table is missing, broken or empty, or its statistics are of another width.
    """
    stats = np.zeros((2, width + 1))
    for path in paths:
        for speaker, matrix in MatrixTable(path).items():
            if matrix.shape != stats.shape:
                raise AudiolabError(
                    f"{path}: {speaker}: statistics {matrix.shape}, and features of {width} values need {stats.shape}; "
                    "make them of features like these"
                )
            stats += matrix
    if not stats[0, -1]:
        raise AudiolabError(f"{', '.join(paths)}: statistics of no frame; make them again")
    mean, deviation = mean_and_deviation(stats)
    return Normalisation(mean, np.where(deviation > CONSTANT, deviation, 1))


def _items(runs: Sequence[Run], recordings: Recordings) -> Iterator[Item]:
    """Yield the utterances of the runs of a voice: vocoded ones first, which need not be listed, then by run."""
    trained = [run for run in runs if run.dir != AS_IS]
    made = {run: (DataDir(run.dir).share(), FeatureDir(run.dir)) for run in trained}
    names = {run: _spoken(run, datadir, recordings) for run, (datadir, _) in made.items()}
    for run, features in ((run, of[1]) for run, of in made.items()):
        if features.config != recordings.config:
            raise AudiolabError(f"{run.dir}: parameters that were made otherwise than the recordings'; train on such")
        if odd := sorted(set(names[run]) ^ set(names[trained[0]])):
            raise AudiolabError(
                f"{run.dir} and {trained[0].dir}: '{odd[0]}' is in one of them only ({len(odd)} are); speak again"
            )
    own = names[trained[0]] if trained else _of_voice(recordings, runs[0].group)
    for name in own:
        yield Item(Run(VOCODED, UNTRAINED, runs[0].group, AS_IS), recordings.by_utterance[name], None)
    for run in trained:
        for name in names[run]:
            yield Item(run, recordings.by_utterance[name], made[run])


def _spoken(run: Run, made: DataDir, recordings: Recordings) -> list[str]:
    """Return the utterances of a run's voice in its data dir, sorted."""
    languages, speakers = made.table("utt2lang"), made.table("utt2spk")
    found = [name for name in sorted(speakers) if (languages.get(name), speakers[name]) == run.group]
    if not found:
        raise AudiolabError(
            f"{run.dir}: no utterance in '{run.group[0]}' of '{run.group[1]}'; speak it, or list another"
        )
    known = _of_voice(recordings, run.group)
    if odd := sorted(set(found) - set(known)):
        raise AudiolabError(
            f"{run.dir}: '{odd[0]}' is no recording in '{run.group[0]}' of '{run.group[1]}' with features "
            f"({len(odd)} are none); give the data dirs and features that were spoken"
        )
    return found


def _of_voice(recordings: Recordings, voice: tuple[str, ...]) -> list[str]:
    """Return a voice's recordings by utterance."""
    return sorted(n for n, each in recordings.by_utterance.items() if (each.language, each.speaker) == voice)


def _score(item: Item, world: WorldParameters, normalisation: Normalisation) -> tuple[SynthesisScore, list[str]]:
    """Return the score of an utterance, and what was refused."""
    where = item.run.place(item.utterance)
    natural, found = item.parameters(world)
    try:
        values = score_parameters(natural, found, world, normalisation)
    except AudiolabError as error:
        raise AudiolabError(f"{where}: {error}") from error
    refused = [f"{where}: logf0_rmse: no frame is voiced in both"] if math.isnan(values["logf0_rmse"]) else []
    return SynthesisScore(item.run.system, item.run.seed, *item.run.group, item.utterance, values), refused
