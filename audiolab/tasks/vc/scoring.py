"""Scoring data dirs of converted speech in parallel; each recording of real speech is analysed once."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib

from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.errors import AudiolabError
from audiolab.metrics.collapse import is_collapsed
from audiolab.metrics.scores import AS_IS, NATURAL
from audiolab.metrics.speaker_id import SpeakerClassifier, train_classifier
from audiolab.metrics.voice import AnalysisConfig, Voice, analyse
from audiolab.tasks.scoring import Scored, attempt, processes, read_list
from audiolab.tasks.vc.conversions import Conversion, Run, conversions
from audiolab.tasks.vc.scores import AGAINST_READING, ConversionScore
from audiolab.tasks.vc.utterance import Natural, Target, natural_statistics, score_conversion, target_statistics

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Corpora:
    """The data dirs of real speech.

    Attributes:
        source: The utterances that were converted.
        reference: The targets' natural readings of the same sentences.
        train: The speakers' training speech; the classifier and the targets' statistics come from it.
    """

    source: DataDir
    reference: DataDir
    train: DataDir


@dataclass(frozen=True)
class ScoredConversions(Scored[ConversionScore]):
    """What `score_runs` gives.

    Attributes:
        classifier: The speaker classifier that was trained for it.
        natural: The utterances of training speech that could be used.
    """

    classifier: SpeakerClassifier
    natural: list[str]


def read_runs(path: str | Path) -> list[Run]:
    """Return the runs in a tab-separated list with the fields of `Run` as header.

    Raises:
        AudiolabError: The list is missing, empty, names a run twice, or a row does not have these columns.
    """
    return read_list(path, Run, (NATURAL, AS_IS))


def score_runs(runs: Sequence[Run], corpora: Corpora, config: AnalysisConfig, nj: int = 1) -> ScoredConversions:
    """Score every converted utterance of ``runs``.

    Args:
        runs: What to score.
        corpora: The real speech.
        config: Of the analysis.
        nj: Processes, of one thread each.

    Raises:
        AudiolabError: A data dir or a speaker is missing. What is wrong with a single recording is a failure, not an
            error.
    """
    items = [item for run in runs for item in conversions(run, corpora.source, corpora.reference)]
    _check_speakers(runs, corpora.train)
    with processes(nj):
        natural, failures = _each(_train_statistics, corpora.train, corpora.train.utterances, config, "training speech")
        with joblib.parallel_config(n_jobs=1):  # workers take longer to start than this takes
            classifier, targets = _learn(natural, corpora.train, {run.target for run in runs})
        sources, lost = _each(_load, corpora.source, {item.source for item in items}, config, "sources")
        failures += lost
        references, lost = _each(_load, corpora.reference, {item.reference for item in items}, config, "references")
        failures += lost
        ready = [item for item in items if item.source in sources and item.reference in references]
        calls = (
            joblib.delayed(attempt)(
                _score,
                item,
                (sources[item.source], references[item.reference], targets[item.run.target], classifier),
                config,
            )
            for item in ready
        )
        rows = _parallel(calls, len(ready), "conversions")
    failures += [
        f"{item.datadir.path}: {item.utterance}: its source or reference could not be read"
        for item in items
        if item.source not in sources or item.reference not in references
    ]
    failures += [row for row in rows if isinstance(row, str)]
    scores = _own_timing([row for row in rows if isinstance(row, ConversionScore)])
    return ScoredConversions(scores, failures, classifier, sorted(natural))


def _own_timing(scores: list[ConversionScore]) -> list[ConversionScore]:
    """Return the scores without input dependence in runs that do not keep their sources' timing.

    A run of which one utterance differs from its source in length has a timing of its own; those of its utterances
    that are as long as their source are so by chance.
    """
    moved = {_run_of(s) for s in scores if math.isnan(s.values["dependence"]) and s.system != NATURAL}
    for system, seed, source, target in sorted(moved):
        logger.warning(
            "%s, seed %s, %s to %s: not all as long as their sources: no input dependence", system, seed, source, target
        )
    return [_without_dependence(score) if _run_of(score) in moved else score for score in scores]


def _run_of(score: ConversionScore) -> tuple[str, str, str, str]:
    return score.system, score.seed, score.source, score.target


def _without_dependence(score: ConversionScore) -> ConversionScore:
    collapsed = float(is_collapsed(score.values["variance_ratio"], math.nan))
    return replace(score, values=score.values | {"dependence": math.nan, "collapsed": collapsed})


def _check_speakers(runs: Iterable[Run], train: DataDir) -> None:
    for run in runs:
        for speaker in (run.source, run.target):
            if speaker not in train.speakers:
                raise AudiolabError(f"{train.path}: no training speech of '{speaker}', which the runs name")


def _learn(natural: dict[str, Natural], train: DataDir, names: set[str]) -> tuple[SpeakerClassifier, dict[str, Target]]:
    speakers = train.table("utt2spk")
    classifier = train_classifier(
        {utt: statistics.windows for utt, statistics in natural.items()},
        speakers,
        {utt: sentence_of(utt) for utt in natural},
    )
    logger.info("speaker classifier: held-out accuracy %.3f", classifier.held_out.accuracy)
    targets = {
        name: target_statistics(name, [natural[utt] for utt in sorted(natural) if speakers[utt] == name])
        for name in sorted(names)
    }
    return classifier, targets


def _load(datadir: DataDir, utterance: str, config: AnalysisConfig) -> Voice:
    wave, _ = load_utterance(datadir, utterance, config.rate, allow_silent=False)
    try:
        return analyse(wave, config)
    except AudiolabError as error:
        raise AudiolabError(f"{datadir.path}: {utterance}: {error}") from error


def _train_statistics(datadir: DataDir, utterance: str, config: AnalysisConfig) -> Natural:
    voice = _load(datadir, utterance, config)
    try:
        return natural_statistics(voice)
    except AudiolabError as error:
        raise AudiolabError(f"{datadir.path}: {utterance}: {error}") from error


def _score(
    item: Conversion, against: tuple[Voice, Voice, Target, SpeakerClassifier], config: AnalysisConfig
) -> ConversionScore:
    run, converted = item.run, _load(item.datadir, item.recording, config)
    try:
        values = score_conversion(converted, *against, (run.source, run.target))
    except AudiolabError as error:
        raise AudiolabError(f"{item.datadir.path}: {item.recording}: {error}") from error
    if run.system == NATURAL:
        values |= dict.fromkeys(AGAINST_READING, math.nan)
    return ConversionScore(
        run.system, run.seed, run.source, run.target, item.utterance, values, config.alpha, config.order
    )


def _each(
    function: Callable[..., Any], datadir: DataDir, utterances: Iterable[str], config: AnalysisConfig, name: str
) -> tuple[dict[str, Any], list[str]]:
    """Return (utterance -> what ``function`` gives, messages of what failed)."""
    utterances = sorted(utterances)
    calls = (joblib.delayed(attempt)(function, datadir, utterance, config) for utterance in utterances)
    results = _parallel(calls, len(utterances), name)
    done = {utt: result for utt, result in zip(utterances, results) if not isinstance(result, str)}
    return done, [result for result in results if isinstance(result, str)]


def _parallel(calls: Iterable[Any], count: int, name: str) -> list[Any]:
    logger.info("%d %s", count, name)
    return joblib.Parallel()(calls)
