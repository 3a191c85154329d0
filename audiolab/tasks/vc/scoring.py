"""Scoring conversions in processes; each recording of real speech is analysed once."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import joblib
import numpy as np

from audiolab import cli
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.errors import AudiolabError
from audiolab.metrics.collapse import is_collapsed
from audiolab.metrics.judges.judge import LEVEL_DB, RATE
from audiolab.metrics.judges.panel import Panel
from audiolab.metrics.scores import AS_IS, NATURAL
from audiolab.metrics.speaker_id import SpeakerClassifier, train_classifier
from audiolab.metrics.voice import AnalysisConfig, Voice, analyse
from audiolab.report.players import Clip
from audiolab.tasks import scoring
from audiolab.tasks.judging import Makers, Question, questions_of
from audiolab.tasks.models import CTCRecogniser, Encoders, Trained, check_independent
from audiolab.tasks.runs import Run
from audiolab.tasks.scored import Scored
from audiolab.tasks.vc import words
from audiolab.tasks.vc.conversions import Conversion, conversions
from audiolab.tasks.vc.identity import enrol, identity, some_of_each
from audiolab.tasks.vc.reconstruction import mel_error
from audiolab.tasks.vc.scores import AGAINST_READING, ENCODED, FOLLOWING, NO_OTHER, SIMILAR, ConversionScore
from audiolab.tasks.vc.tables import TASK
from audiolab.tasks.vc.utterance import (
    Natural,
    Target,
    kept_of_source,
    natural_statistics,
    score_conversion,
    target_statistics,
)
from audiolab.work import each

logger = logging.getLogger(__name__)

Of = TypeVar("Of")


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
        """The recording whose text and language are those of what was made."""
        return self.conversion.told

    def heard(self) -> np.ndarray:
        """Return what was made, as judges want it."""
        return _heard(self.conversion.made)

    def content(self) -> np.ndarray:
        """Return what tells of the content: what was made, and of natural speech the source's own recording."""
        return _heard(self.conversion.source) if self.run.system == NATURAL else self.heard()


class Scoring(scoring.Scoring[ConversionScore]):
    """How conversions are scored.

    Attributes:
        sources: The utterances that were converted.
        references: The targets' natural readings of the same sentences; None: there are none.
        train: The speakers' training speech; the classifier, the targets' statistics and voices come from it.
        many: Whether systems are of many speakers: not every conversion needs a reference; there is no classifier, for
            speakers may have few sentences; and all speakers of ``train`` are enrolled, among whom the target's rank
            is told.
        config: Of the analysis.
        natural: The utterances of training speech that could be used.
        encoders: Speaker encoders that recipes train, and are asked.
        recogniser: The same of the words.
    """

    task = TASK
    items: list[Item]
    natural: list[str]

    @staticmethod
    def add_options(parser: cli.ArgumentParser) -> None:
        """Add the data dirs of real speech, and the analysis."""
        defaults = AnalysisConfig()
        parser.add_argument("--source", required=True, help="data dir of the utterances that were converted")
        parser.add_argument("--reference", default="", help="data dir of the targets' parallel references, if any")
        parser.add_argument("--train", required=True, help="data dir of all speakers' training speech")
        parser.add_argument(
            "--many_speakers",
            action="store_true",
            help="of many speakers: ranks among all of --train, F0 and rhythm against the source; references "
            "there need not be, nor is there a classifier; so it is without --reference",
        )
        parser.add_argument(
            "--encoder", nargs="*", default=[], metavar="RUN", help="speaker encoders (ge2e), whose mean is taken"
        )
        parser.add_argument("--recogniser", default="", metavar="RUN", help="recogniser (ctc) for the words")
        parser.add_argument("--beam", type=cli.positive, default=8, help="texts that its search keeps; 1: best path")
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
        self.sources, self.train = (DataDir(folder).share() for folder in (options.source, options.train))
        self.references = self._at(options.reference)
        self.datadirs = list(dict.fromkeys(each for each in (self.sources, self.references, self.train) if each))
        self.many = options.many_speakers or self.references is None
        encoders = [Trained.at(run, "embed") for run in options.encoder]
        check_independent(encoders, [run.dir for run in runs if run.dir != AS_IS])
        self.encoders = Encoders(tuple(encoders)) if encoders else None
        self.recogniser = None
        if options.recogniser:
            self.recogniser = CTCRecogniser(Trained.at(options.recogniser, "transcribe"), options.beam)
        self.config = AnalysisConfig(alpha=options.alpha, order=options.order, range_db=options.range_db)
        self.items = [Item(run, c) for run in runs for c in conversions(run, self.sources, self.references)]
        self.speakers = sorted({speaker for run in runs for speaker in run.group})
        known = set(self.train.speakers)
        for speaker in self.speakers:
            if speaker not in known:
                raise AudiolabError(f"{self.train.path}: no training speech of '{speaker}', which the runs name")
        if self.many:
            self.speakers = self.train.speakers

    def score(self, places: Sequence[int]) -> Scored[ConversionScore]:
        """Score conversions whose source and reference can be read; training speech is analysed for any of them."""
        wanted = [self.items[place].conversion for place in places]
        natural, failures = self._each(_natural, self.train, self._learned_from(), "training speech")
        self.natural = sorted(natural)
        classifier, statistics = self._learn(natural)
        sources, lost = self._each(_load, self.sources, {c.source.utterance for c in wanted}, "sources")
        failures += lost
        reference_of, lost = self._references(wanted, sources)
        failures += lost
        ready, results = [], dict[int, ConversionScore | str]()
        for place, c in zip(places, wanted):
            source, reference = sources.get(c.source.utterance), reference_of.get(c.reference)
            if source is None or (reference is None and not (self.many and c.reference is None)):
                results[place] = f"{c.made.datadir.path}: {c.utterance}: its source or reference could not be read"
            else:
                ready.append((place, self.items[place], (source, reference, statistics[c.pair[1]])))
        logger.info("%d conversions", len(ready))
        found = each(_score, [work[1:] for work in ready], classifier, self.config, self.many)
        results |= dict(zip((place for place, *_ in ready), found))
        facts = {"speakers": sorted(self.train.speakers)}
        if classifier is not None:
            facts = {"classifier": _told(classifier), "speakers": classifier.speakers}
        return Scored(results, failures, facts=facts)

    def finish(self, scored: Scored[ConversionScore]) -> Scored[ConversionScore]:
        """Take input dependence from runs that do not keep their sources' timing."""
        return replace(scored, results=_own_timing(scored.results))

    def conditions(self, scored: Scored[ConversionScore]) -> dict[str, str]:
        """Return the analysis, the alignment, and how good the classifier is."""
        told = {
            "Analysis": self.config.describe(),
            "Frames": f"those within {self.config.range_db:g} dB of the utterance's loudest frame",
            "Alignment": "exact DTW on the mel-cepstra, steps (1,1) (1,0) (0,1) without weights, mean over the path",
        }
        if "classifier" in scored.facts:
            told["Speaker classifier"] = scored.facts["classifier"]
        if self.many:
            told["References"] = (
                "the target's reading of the same words, of a speaker converted to itself the source; where there is "
                f"none, {NATURAL} is another recording of the target's"
            )
        if self.encoders:
            called = ", ".join(model.called for model in self.encoders.models)
            told["Cosine to target and source"] = (
                f"of embeddings by speaker encoders trained here, {called}, by none of which a system scored here was "
                f"trained; all signals at {LEVEL_DB:g} dB (RMS); to the mean of a speaker's natural training "
                "sentences, the evaluated sentence not among them; rank 1: the target is the nearest of "
                f"{len(self.speakers)} speakers"
            )
        if self.recogniser:
            beam = f"beam {self.recogniser.beam}" if self.recogniser.beam > 1 else "best path"
            told["CER by a recogniser trained here"] = (
                f"{self.recogniser.model.called}, {beam}; without case and punctuation; of an utterance, which are "
                f"averaged; {NATURAL}: the sources' own recordings"
            )
            if not all(words.is_told(item.conversion.source) for item in self.items):
                told["CER without a text"] = (
                    f"where a source has no text, against what the recogniser writes of it; {NATURAL} has none there"
                )
        return told

    def details(self, scored: Scored[ConversionScore]) -> dict[str, Any]:
        """Return the speakers that the classifier knows."""
        return {"speakers": scored.facts["speakers"]}

    def makers(self, panel: Panel, nj: int) -> Callable[[Item], Makers]:
        """Return what makes similarities of embeddings, and errors of what a recogniser heard; see `identity`."""
        judges = [judge for judge in (panel.speaker, self.encoders) if judge is not None]
        utterances = self.train.utterances if self.many else self.natural
        owners, wanted = self.train.table("utt2spk"), set(self.speakers)
        enrolled = [utterance for utterance in utterances if owners[utterance] in wanted] if judges else []
        voices = enrol(judges, self.train, enrolled, _heard, panel.cache, nj)

        def columns(name: str, metrics: Sequence[str], item: Item) -> Callable[[Any], dict[str, float]]:
            def made(value: Any) -> dict[str, float]:
                found = identity(item.conversion, voices[name], self.train, metrics, value)
                alone = item.conversion.pair[0] == item.conversion.pair[1]
                return {key: value for key, value in found.items() if not (alone and key in NO_OTHER)}

            return made

        sources = (item.conversion.source for item in self.items)
        written = words.hear(self.recogniser, sources, _heard, panel.cache, nj) if self.recogniser else {}

        def makers(item: Item) -> Makers:
            of = {judge.name: columns(judge.name, self._identity_columns(judge.name), item) for judge in judges}
            return of | {CTCRecogniser.name: partial(words.errors, item.conversion.source, written)}

        return makers

    def _identity_columns(self, judge: str) -> tuple[str, ...]:
        """Return the columns of `identity`, of which three are told where few are enrolled."""
        if judge == Encoders.name:
            return ENCODED
        return SIMILAR if self.many else SIMILAR[:3]

    def questions(self, panel: Panel) -> Callable[[Item], list[Question]]:
        """Return what is asked of an item, models that recipes train among those who are asked."""

        def asked(item: Item) -> list[Question]:
            found = questions_of(panel, item)
            if self.encoders:
                found.append(Question(item.heard, (self.encoders,)))
            own = item.run.system == NATURAL  # whose words are those of the source, which nothing else tells
            if self.recogniser and (words.is_told(item.conversion.source) or not own):
                found.append(Question(item.content, (self.recogniser,)))
            return found

        return asked

    def _learned_from(self) -> list[str]:
        """Return the training speech that is analysed: all of it, or of many speakers some of each target."""
        if not self.many:
            return self.train.utterances
        owners, targets = self.train.table("utt2spk"), {item.conversion.pair[1] for item in self.items}
        theirs = (utterance for utterance in self.train.utterances if owners[utterance] in targets)
        return [utterance for own in some_of_each(self.train, theirs).values() for utterance in own]

    def _learn(self, natural: dict[str, Natural]) -> tuple[SpeakerClassifier | None, dict[str, Target]]:
        """Return a classifier of all training speech, if there is to be one, and each target's statistics."""
        speakers, classifier = self.train.table("utt2spk"), None
        if not self.many:
            windows = {utterance: statistics.windows for utterance, statistics in natural.items()}
            sentences = {utterance: sentence_of(utterance) for utterance in natural}
            with joblib.parallel_config(n_jobs=1):  # workers take longer to start than this takes
                classifier = train_classifier(windows, speakers, sentences)
            logger.info("speaker classifier: held-out accuracy %.3f", classifier.held_out.accuracy)
        return classifier, {
            name: target_statistics(name, [natural[utt] for utt in sorted(natural) if speakers[utt] == name])
            for name in sorted({item.conversion.pair[1] for item in self.items})
        }

    def _references(
        self, wanted: Sequence[Conversion], sources: Mapping[str, Voice]
    ) -> tuple[dict[Clip | None, Voice], list[str]]:
        """Return reference -> its analysis, and messages of what failed; a source may be its own reference."""
        clips = {c.reference for c in wanted if c.reference is not None}
        found = {clip: sources[clip.utterance] for clip in clips if self._is_source(clip) and clip.utterance in sources}
        lost: list[str] = []
        for datadir in self.datadirs[:-1]:
            others = {clip.utterance for clip in clips - found.keys() if clip.datadir is datadir}
            if others:
                voices, failed = self._each(_load, datadir, others, "references")
                found |= {Clip(datadir, utterance): voice for utterance, voice in voices.items()}
                lost += failed
        return found, lost

    def _at(self, reference: str) -> DataDir | None:
        """Return the data dir of references, which may be that of the sources."""
        if not reference:
            return None
        return self.sources if Path(reference).resolve() == self.sources.path.resolve() else DataDir(reference).share()

    def _is_source(self, clip: Clip) -> bool:
        return clip.datadir is self.sources

    def _each(
        self, function: Callable[..., Of], datadir: DataDir, utterances: Iterable[str], name: str
    ) -> tuple[dict[str, Of], list[str]]:
        """Return (utterance -> what ``function`` gives, messages of what failed)."""
        utterances = sorted(utterances)
        logger.info("%d %s", len(utterances), name)
        results = each(function, [Clip(datadir, utterance) for utterance in utterances], self.config)
        done = {utt: result for utt, result in zip(utterances, results) if not isinstance(result, str)}
        return done, [result for result in results if isinstance(result, str)]


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
    undefined = {column: math.nan for column in FOLLOWING if column in score.values}
    return replace(score, values=score.values | undefined | {"collapsed": collapsed})


def _load(clip: Clip, config: AnalysisConfig) -> Voice:
    wave, _ = load_utterance(clip.datadir, clip.utterance, config.rate, allow_silent=False)
    return _placed(clip, lambda: analyse(wave, config))


def _natural(clip: Clip, config: AnalysisConfig) -> Natural:
    voice = _load(clip, config)
    return _placed(clip, lambda: natural_statistics(voice))


def _score(
    work: tuple[Item, tuple[Voice, Voice | None, Target]],
    classifier: SpeakerClassifier | None,
    config: AnalysisConfig,
    many: bool,
) -> ConversionScore:
    item, against = work
    run, made, pair = item.run, item.conversion.made, item.conversion.pair
    converted = _load(made, config)
    values = _placed(made, lambda: score_conversion(converted, *against, classifier, pair))
    if run.system == NATURAL:
        values |= dict.fromkeys(AGAINST_READING, math.nan)
    elif many:
        values |= kept_of_source(converted, against[0])
    if pair[0] == pair[1]:
        values |= {column: math.nan for column in NO_OTHER if column in values}
        values |= _placed(made, lambda: mel_error(made, item.conversion.source))
    return ConversionScore(run.system, run.seed, *pair, item.utterance, values, config.alpha, config.order)


def _placed(clip: Clip, compute: Callable[[], Of]) -> Of:
    """Return what ``compute`` gives; its errors name the clip."""
    try:
        return compute()
    except AudiolabError as error:
        raise AudiolabError(f"{clip.datadir.path}: {clip.utterance}: {error}") from error


def _heard(clip: Clip) -> np.ndarray:
    return load_utterance(clip.datadir, clip.utterance, RATE)[0]
