"""Result tables of speech synthesis: the paper's figures as tables, errors by voice, differences to baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.score_tables import Means, further_parts, group_table, measured
from audiolab.metrics.scores import Metric
from audiolab.metrics.summary import check_baseline, compare, extent, group, summarise_by
from audiolab.metrics.table import NOT_SCORED, Column, Table, bullets, markdown
from audiolab.tasks.task import Task
from audiolab.tasks.tts.scores import FURTHER, METRICS, MSE, TTS, VOCODED, SynthesisScore

VOICE = "Voice"
METHOD = (
    f"{VOCODED}: the recordings' own parameters, made speech by the vocoder and analysed again. It is no contender: "
    "systems are scored by what they predict, which has not been through the vocoder.",
    "MSE: mean square error of the parameters, each by its standard deviation over the pool, the same for all systems: "
    "the paper's objective score. MCD: mel-cepstral distortion without c0, no alignment. ln F0 RMSE: where both are "
    "voiced. Band aperiodicity RMSE: over bands, then a mean over frames.",
    "A bootstrap draws utterances: intervals are for other sentences of these voices, not for other voices.",
)

Scores = Sequence[SynthesisScore]


@dataclass(frozen=True)
class PaperRow:
    """A row of a paper's figure of errors by language, which has no numbers, and which of our scores stand there.

    Attributes:
        figure: Name of the figure.
        row: The row's name.
        system: Our system.
        languages: Codes of the languages that the figure has, with spaces between.
        note: What is to be known about the row.
    """

    figure: str
    row: str
    system: str
    languages: str
    note: str


@dataclass(frozen=True)
class Figure:
    """A figure of the paper with our scores.

    Attributes:
        name: Its name.
        means: Voice -> row -> mean of the normalised error, with its interval; what was not scored is left out.
        rows: Its rows, in the paper's order.
        notes: What is to be known about them.
    """

    name: str
    means: Means
    rows: Sequence[str]
    notes: Sequence[str]

    @property
    def table(self) -> Table:
        """One row a voice and one column for each of the figure's rows."""
        columns = [Column(row, row, digits=MSE.digits) for row in self.rows]
        rows = [
            {row: of_voice.get(row, NOT_SCORED) for row in self.rows} | {VOICE: voice}
            for voice, of_voice in self.means.items()
        ]
        return Table([Column(VOICE, VOICE), *columns], rows, best_of_row=MSE.better)


def _parts(
    scores: Scores, conditions: Mapping[str, object], paper: Sequence[PaperRow], baselines: Sequence[str], seed: int
) -> list[str]:
    """Return the tables; nothing of ``conditions`` stands under them."""
    parts = []
    for figure in figures(scores, paper, seed):
        parts += [f"## {figure.name}: {MSE.name} by voice", markdown(figure.table), bullets(figure.notes)]
    for metric, table in by_voice(scores, seed):
        parts += [f"## {Column.of(metric).heading} by voice", markdown(table)]
    parts.append(short_note(scores))
    for baseline in baselines:
        check_baseline(scores, baseline)
        for metric, table in differences(scores, baseline, seed):
            parts += [f"## Difference to {baseline}: {Column.of_differences(metric).heading}", markdown(table)]
    for voice, of_voice in voices(scores).items():
        parts += further_parts(of_voice, FURTHER, f"## Judges that were trained elsewhere, {voice}", baselines, seed)
    return [part for part in parts if part]


def voices(scores: Scores) -> dict[str, list[SynthesisScore]]:
    """Return name -> scores of each voice, by name: its language, and its speaker where the language has several."""
    speakers = {name: {s.speaker for s in of} for name, of in group(scores, lambda s: s.language).items()}
    found = group(scores, lambda s: s.language if len(speakers[s.language]) == 1 else f"{s.language}, {s.speaker}")
    return dict(sorted(found.items()))


def figures(scores: Scores, paper: Sequence[PaperRow], seed: int = 0) -> Iterator[Figure]:
    """Yield the paper's figures of which a system was scored in one of its languages."""
    for name, rows in group(paper, lambda row: row.figure).items():
        means = {}
        for voice, of_voice in voices(scores).items():
            language = of_voice[0].language
            named = {row.system: row.row for row in rows if language in row.languages.split()}
            found = _means([score for score in of_voice if score.system in named], MSE, seed)
            if found:
                means[voice] = {row: found[system] for system, row in named.items() if system in found}
        if means:
            notes = [f"{row.row}: {row.note}." for row in rows if row.note]
            yield Figure(name, means, list(dict.fromkeys(row.row for row in rows)), notes)


def voice_means(scores: Scores, metric: Metric, seed: int = 0) -> Means:
    """Return voice -> system -> mean of a metric, where it is defined."""
    found = {voice: _means(of_voice, metric, seed) for voice, of_voice in voices(scores).items()}
    return {voice: of_voice for voice, of_voice in found.items() if of_voice}


def _means(of_voice: Scores, metric: Metric, seed: int) -> dict[str, Interval]:
    """Return system -> mean of a metric over a voice's utterances."""
    return summarise_by(of_voice, lambda score: "", metric.column, seed).get("", {})


def by_voice(scores: Scores, seed: int = 0) -> Iterator[tuple[Metric, Table]]:
    """Yield each metric that was measured with its table: one row a voice and one column a system."""
    systems = [score.system for score in scores]
    for metric in measured(scores, METRICS):
        means = voice_means(scores, metric, seed)
        yield metric, group_table(VOICE, means, metric, systems, unranked=(VOCODED,))


def differences(scores: Scores, baseline: str, seed: int = 0) -> Iterator[tuple[Metric, Table]]:
    """Yield each metric with the means by voice of the systems' differences to a baseline, sentence by sentence."""
    contenders = [score for score in scores if score.system != VOCODED]
    systems = [score.system for score in contenders]
    for metric in measured(contenders, METRICS):
        means = {}
        for voice, of_voice in voices(contenders).items():
            if baseline in {score.system for score in of_voice}:
                found = compare(of_voice, baseline, metric.column, seed)
                means[voice] = {system: mean for system, mean in found.items() if mean is not None}
        if any(means.values()):
            yield metric, group_table(VOICE, means, metric, systems, differences=True)


def short_note(scores: Scores) -> str:
    """Return the line under tables: over how much their numbers were taken."""
    return extent(scores, (len({score.voice for score in scores}), "voice")) + "."


TASK = Task(
    name="tts",
    title="Speech synthesis",
    layout=TTS,
    groups=("language", "speaker"),
    given=VOCODED,
    given_is="the recordings through the vocoder, which need not be listed",
    judges=("dnsmos", "words"),
    over_scale=("utt2limited", "Utterances whose peaks were limited"),
    paper_row=PaperRow,
    parts=_parts,
    method=METHOD,
)
