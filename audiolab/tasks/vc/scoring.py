"""Scoring conversions in processes; each recording of real speech is analysed once."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import joblib
import numpy as np

from audiolab import cli
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.errors import AudiolabError
from audiolab.metrics.collapse import is_collapsed
from audiolab.metrics.judges.judge import RATE
from audiolab.metrics.judges.panel import Panel
from audiolab.metrics.judges.speaker import centroid, similarity
from audiolab.metrics.refusal import Refusal
from audiolab.metrics.scores import NATURAL
from audiolab.metrics.speaker_id import SpeakerClassifier, train_classifier
from audiolab.metrics.voice import AnalysisConfig, Voice, analyse
from audiolab.report.players import Clip
from audiolab.tasks import scoring
from audiolab.tasks.judging import Makers, Question, ask
from audiolab.tasks.runs import Run
from audiolab.tasks.scored import Scored
from audiolab.tasks.vc.conversions import Conversion, conversions
from audiolab.tasks.vc.scores import AGAINST_READING, ConversionScore
from audiolab.tasks.vc.tables import TASK
from audiolab.tasks.vc.utterance import Natural, Target, natural_statistics, score_conversion, target_statistics
from audiolab.work import each

logger = logging.getLogger(__name__)

MOST_NATURAL = 40
"""Training sentences of a speaker, evenly spaced, whose mean is the speaker's voice to a judge."""

Of = TypeVar("Of")
Voices = Mapping[str, Mapping[str, np.ndarray]]
"""Speaker -> utterance of training speech -> embedding."""


@dataclass(frozen=True)
class Item:
    """A conversion of a run."""

    run: Run
    conversion: Conversion

    @property
    def utterance(self) -> str:
        """Id of the converted utterance."""
        return self.conversion.utterance

    @property
    def told(self) -> Clip:
        """The source, whose text and language are known."""
        return self.conversion.source

    def heard(self) -> np.ndarray:
        """Return what was made, as judges want it."""
        return _heard(self.conversion.made)


class Scoring(scoring.Scoring[ConversionScore]):
    """How conversions are scored.

    Attributes:
        sources: The utterances that were converted.
        references: The targets' natural readings of the same sentences.
        train: The speakers' training speech; the classifier, the targets' statistics and voices come from it.
        config: Of the analysis.
        natural: The utterances of training speech that could be used.
    """

    task = TASK
    items: list[Item]
    natural: list[str]

    @staticmethod
    def add_options(parser: cli.ArgumentParser) -> None:
        """Add the data dirs of real speech, and the analysis."""
        defaults = AnalysisConfig()
        parser.add_argument("--source", required=True, help="data dir of the utterances that were converted")
        parser.add_argument("--reference", required=True, help="data dir of the targets' parallel references")
        parser.add_argument("--train", required=True, help="data dir of all speakers' training speech")
        parser.add_argument(
            "--alpha",
            type=cli.within(float, -0.99, 0.99),
            default=defaults.alpha,
            help="all-pass constant of the mel-cepstra",
        )
        parser.add_argument("--order", type=cli.positive, default=defaults.order, help="order of the mel-cepstra")
        parser.add_argument(
            "--range_db", type=cli.above_zero, default=defaults.range_db, help="speech is within this of the loudest"
        )

    def __init__(self, options: Any, runs: Sequence[Run]) -> None:
        folders = options.source, options.reference, options.train
        self.datadirs = [DataDir(folder).share() for folder in folders]
        self.sources, self.references, self.train = self.datadirs
        self.config = AnalysisConfig(alpha=options.alpha, order=options.order, range_db=options.range_db)
        self.items = [Item(run, c) for run in runs for c in conversions(run, self.sources, self.references)]
        self.speakers = sorted({speaker for run in runs for speaker in run.group})
        known = set(self.train.speakers)
        for speaker in self.speakers:
            if speaker not in known:
                raise AudiolabError(f"{self.train.path}: no training speech of '{speaker}', which the runs name")

    def score(self, places: Sequence[int]) -> Scored[ConversionScore]:
        """Score conversions whose source and reference can be read; all training speech is analysed for any of them."""
        natural, failures = self._each(_natural, self.train, self.train.utterances, "training speech")
        self.natural = sorted(natural)
        targets = {item.conversion.pair[1] for item in self.items}
        with joblib.parallel_config(n_jobs=1):  # workers take longer to start than this takes
            classifier, statistics = _learn(natural, self.train, targets)
        wanted = [self.items[place].conversion for place in places]
        sources, lost = self._each(_load, self.sources, {c.source.utterance for c in wanted}, "sources")
        failures += lost
        references, lost = self._each(_load, self.references, {c.reference.utterance for c in wanted}, "references")
        failures += lost
        ready, results = [], dict[int, ConversionScore | str]()
        for place, c in zip(places, wanted):
            ends = sources.get(c.source.utterance), references.get(c.reference.utterance)
            if None in ends:
                results[place] = f"{c.made.datadir.path}: {c.utterance}: its source or reference could not be read"
            else:
                ready.append((place, self.items[place], (*ends, statistics[c.pair[1]])))
        logger.info("%d conversions", len(ready))
        found = each(_score, [work[1:] for work in ready], classifier, self.config)
        results |= dict(zip((place for place, *_ in ready), found))
        facts = {"classifier": _told(classifier), "speakers": classifier.speakers}
        return Scored(results, failures, facts=facts)

    def finish(self, scored: Scored[ConversionScore]) -> Scored[ConversionScore]:
        """Take input dependence from runs that do not keep their sources' timing."""
        return replace(scored, results=_own_timing(scored.results))

    def conditions(self, scored: Scored[ConversionScore]) -> dict[str, str]:
        """Return the analysis, the alignment, and how good the classifier is."""
        return {
            "Analysis": self.config.describe(),
            "Frames": f"those within {self.config.range_db:g} dB of the utterance's loudest frame",
            "Alignment": "exact DTW on the mel-cepstra, steps (1,1) (1,0) (0,1) without weights, mean over the path",
            "Speaker classifier": scored.facts["classifier"],
        }

    def details(self, scored: Scored[ConversionScore]) -> dict[str, Any]:
        """Return the speakers that the classifier knows."""
        return {"speakers": scored.facts["speakers"]}

    def makers(self, panel: Panel, nj: int) -> Callable[[Item], Makers]:
        """Return what makes similarities of embeddings.

        Similarity is the cosine of an utterance's embedding and a speaker's, which is the mean over up to
        `MOST_NATURAL` natural sentences of the training speech; those with the id of the evaluated sentence are not
        among them, so that natural speech can be judged in the same way.
        """
        voices = self._voices(panel, nj)
        return lambda item: {"speaker": partial(_similarity, item.conversion, voices)}

    def _each(
        self, function: Callable[..., Of], datadir: DataDir, utterances: Iterable[str], name: str
    ) -> tuple[dict[str, Of], list[str]]:
        """Return (utterance -> what ``function`` gives, messages of what failed)."""
        utterances = sorted(utterances)
        logger.info("%d %s", len(utterances), name)
        results = each(function, [Clip(datadir, utterance) for utterance in utterances], self.config)
        done = {utt: result for utt, result in zip(utterances, results) if not isinstance(result, str)}
        return done, [result for result in results if isinstance(result, str)]

    def _voices(self, panel: Panel, nj: int) -> Voices:
        """Return the embeddings of training speech, of the speakers of the runs; nothing where nobody judges voices."""
        if panel.speaker is None:
            return {}
        owners, found = self.train.table("utt2spk"), {}
        for speaker in self.speakers:
            own = [utterance for utterance in self.natural if owners[utterance] == speaker]
            count = min(MOST_NATURAL, len(own))
            found |= {own[index * len(own) // count]: speaker for index in range(count)}
        questions = [Question(partial(_heard, Clip(self.train, utterance)), (panel.speaker,)) for utterance in found]
        voices: dict[str, dict[str, np.ndarray]] = {speaker: {} for speaker in found.values()}
        for (utterance, speaker), verdicts in zip(found.items(), ask(questions, panel.cache, nj)):
            if not verdicts[panel.speaker.name].refused:
                voices[speaker][utterance] = np.array(verdicts[panel.speaker.name].value)
        return voices


def _told(classifier: SpeakerClassifier) -> str:
    held_out = classifier.held_out
    return (
        f"logistic regression on statistics of mel-cepstra over 1 s, {len(classifier.speakers)} speakers; "
        f"on unseen sentences accuracy {held_out.accuracy:.3f} and log-loss {held_out.log_loss:.3f} "
        f"over {held_out.utterances} utterances (C = {classifier.strength:g} by cross-validation)"
    )


def _own_timing(results: Mapping[int, ConversionScore | str]) -> dict[int, ConversionScore | str]:
    """Return the scores without input dependence in runs that do not keep their sources' timing.

    A run of which one utterance differs from its source in length has a timing of its own; those of its utterances
    that are as long as their source are so by chance.
    """
    scores = {place: row for place, row in results.items() if not isinstance(row, str)}
    contenders = (row for row in scores.values() if row.system != NATURAL)
    moved = {_run_of(score) for score in contenders if math.isnan(score.values["dependence"])}
    for system, seed, source, target in sorted(moved):
        logger.warning(
            "%s, seed %s, %s to %s: not all as long as their sources: no input dependence", system, seed, source, target
        )
    return {**results, **{place: _without_dependence(row) for place, row in scores.items() if _run_of(row) in moved}}


def _run_of(score: ConversionScore) -> tuple[str, str, str, str]:
    return score.system, score.seed, score.source, score.target


def _without_dependence(score: ConversionScore) -> ConversionScore:
    collapsed = float(is_collapsed(score.values["variance_ratio"], math.nan))
    return replace(score, values=score.values | {"dependence": math.nan, "collapsed": collapsed})


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


def _load(clip: Clip, config: AnalysisConfig) -> Voice:
    wave, _ = load_utterance(clip.datadir, clip.utterance, config.rate, allow_silent=False)
    return _placed(clip, lambda: analyse(wave, config))


def _natural(clip: Clip, config: AnalysisConfig) -> Natural:
    voice = _load(clip, config)
    return _placed(clip, lambda: natural_statistics(voice))


def _score(
    work: tuple[Item, tuple[Voice, Voice, Target]], classifier: SpeakerClassifier, config: AnalysisConfig
) -> ConversionScore:
    item, against = work
    run, made, pair = item.run, item.conversion.made, item.conversion.pair
    converted = _load(made, config)
    values = _placed(made, lambda: score_conversion(converted, *against, classifier, pair))
    if run.system == NATURAL:
        values |= dict.fromkeys(AGAINST_READING, math.nan)
    return ConversionScore(run.system, run.seed, *pair, item.utterance, values, config.alpha, config.order)


def _placed(clip: Clip, compute: Callable[[], Of]) -> Of:
    """Return what ``compute`` gives; its errors name the clip."""
    try:
        return compute()
    except AudiolabError as error:
        raise AudiolabError(f"{clip.datadir.path}: {clip.utterance}: {error}") from error


def _similarity(conversion: Conversion, voices: Voices, embedding: Sequence[float]) -> dict[str, float]:
    ends = []
    for speaker in reversed(conversion.pair):
        others = [voice for utt, voice in voices[speaker].items() if sentence_of(utt) != conversion.sentence]
        if not others:
            raise Refusal(f"no other natural sentence of {speaker} has speech in it")
        ends.append(centroid(others))
    return similarity(np.array(embedding), *ends)


def _heard(clip: Clip) -> np.ndarray:
    return load_utterance(clip.datadir, clip.utterance, RATE)[0]
