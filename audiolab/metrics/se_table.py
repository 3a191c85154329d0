"""Result tables of speech enhancement: the paper's beside ours, scores by set, differences, also by language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import Interval, mean_interval
from audiolab.metrics.scores import UNTRAINED, Metric
from audiolab.metrics.se_scores import METRICS, EnhancementScore
from audiolab.metrics.summary import Summary, by_unit, compare, group, summarise
from audiolab.metrics.table import (
    INTERVALS,
    NONE,
    difference_cell,
    difference_heading,
    heading,
    markdown,
    read_rows,
    summary_cell,
)

NOT_SCORED = "not scored"
METHOD = (
    INTERVALS,
    "- By language: differences are averaged over the sets that hold the same utterances, at several SNRs, and then "
    "over utterances, of which the interval is.",
)

Scores = Sequence[EnhancementScore]


@dataclass(frozen=True)
class PaperRow:
    """A row of a paper's table, and which of our scores stand beside it.

    Attributes:
        table: Name of the table.
        part: Name of the part of the table in which the row is, such as an SNR.
        row: The row's name.
        system: Our system.
        minus: Empty, or the system that is subtracted from it, for a row of gaps.
        set: Our evaluation set.
        pesq: The paper's figure, as these: text; empty where the paper does not give it.
        stoi: The same.
        si_sdr: The same.
        note: What is to be known about the row.
    """

    table: str
    part: str
    row: str
    system: str
    minus: str
    set: str
    pesq: str
    stoi: str
    si_sdr: str
    note: str


@dataclass(frozen=True)
class Beside:
    """A row of the paper's and ours: metric's column -> summary, or difference; None where it was not scored."""

    paper: PaperRow
    ours: dict[str, Summary | Interval | None]
    utterances: int


def read_paper(path: str | Path) -> list[PaperRow]:
    """Return the rows of a paper's tables: tab-separated, with the fields of `PaperRow` as header."""
    return read_rows(path, PaperRow, "the paper's tables")


def results(
    scores: Scores,
    conditions: Mapping[str, object],
    paper: Sequence[PaperRow] = (),
    baselines: Sequence[str] = (),
    seed: int = 0,
) -> str:
    """Return a whole ``RESULTS.md``.

    Args:
        scores: Rows of ``scores.csv``.
        conditions: What ``scores.yaml`` says about how they were measured; it stands at the end.
        paper: The paper's rows.
        baselines: Systems to which the others are compared, utterance by utterance.
        seed: Seed of the bootstrap.

    Raises:
        AudiolabError: A baseline was not scored.
    """
    parts = ["# Results"]
    for (table, part), rows in group(
        beside_paper(scores, paper, seed), lambda row: (row.paper.table, row.paper.part)
    ).items():
        title = f"## {table} beside ours"
        parts += [] if title in parts else [title]
        parts += [f"### {part}", _beside_table(rows), short_note(_of_sets(scores, {r.paper.set for r in rows}))]
    for name, of_set in group(scores, lambda s: s.set).items():
        parts += [f"## Set {name}", set_table(of_set, seed), short_note(of_set)]
        for baseline in baselines:
            if baseline in {score.system for score in of_set}:
                parts += [f"### Difference to {baseline}", difference_table(of_set, baseline, seed)]
    for baseline in baselines:
        parts += _by_language(scores, baseline, seed)
    measured = [*(f"- {name}: {value}." for name, value in conditions.items()), *METHOD]
    return "\n\n".join([*parts, "## How it was measured", "\n".join(measured)]) + "\n"


def beside_paper(scores: Scores, paper: Sequence[PaperRow], seed: int = 0) -> list[Beside]:
    """Return the paper's rows and ours."""
    sets = group(scores, lambda s: s.set)
    found = []
    for row in paper:
        of_set = sets.get(row.set, [])
        wanted = {row.system, row.minus} - {""}
        ours: dict[str, Summary | Interval | None] = dict.fromkeys(metric.column for metric in METRICS)
        utterances = 0
        if wanted <= {score.system for score in of_set}:
            of_row = [score for score in of_set if score.system in wanted]
            utterances = len({score.unit for score in of_row})
            if row.minus:
                ours = {column: compare(of_row, row.minus, column, seed)[row.system] for column in ours}
            else:
                ours = dict(summarise(of_row, METRICS, seed)[0].metrics)
        found.append(Beside(row, ours, utterances))
    return found


def set_table(of_set: Scores, seed: int = 0) -> str:
    """Return one row a system: mean ± half of the 95 % interval over a set's utterances, and the spread over seeds."""
    rows = [
        [s.system, s.utterances, s.seeds or NONE, *(summary_cell(s.metrics[m.column], m) for m in METRICS)]
        for s in summarise(of_set, METRICS, seed)
    ]
    return markdown(["System", "Utterances", "Seeds", *map(heading, METRICS)], rows)


def difference_table(of_set: Scores, baseline: str, seed: int = 0) -> str:
    """Return one row a system: mean of its paired differences to the baseline, with the 95 % interval."""
    columns = {metric.column: compare(of_set, baseline, metric.column, seed) for metric in METRICS}
    systems = columns[METRICS[0].column]
    rows = [
        [system, *(difference_cell(columns[metric.column][system], metric) for metric in METRICS)] for system in systems
    ]
    return markdown(["System", *map(difference_heading, METRICS)], rows)


def families(scores: Scores) -> dict[str, list[EnhancementScore]]:
    """Return name -> scores of the sets that hold the same utterances, at several SNRs; the sets' names joined."""
    by_utterances = group(
        group(scores, lambda s: s.set).values(), lambda of_set: frozenset((s.utterance, s.language) for s in of_set)
    )
    return {
        ", ".join(of_set[0].set for of_set in of_family): [score for of_set in of_family for score in of_set]
        for of_family in by_utterances.values()
    }


def differences_by_language(
    scores: Scores, baseline: str, column: str, seed: int = 0
) -> dict[str, dict[str, Interval]]:
    """Return language -> system -> difference to the baseline, of one family.

    Scores are subtracted where a set's utterance has both, the differences of an utterance averaged over the sets, and
    the bootstrap is over utterances: the same utterance at three SNRs is not three.
    """
    found: dict[str, dict[str, Interval]] = {}
    for language, of_language in sorted(group(scores, lambda s: s.language).items()):
        systems = group(of_language, lambda s: s.system)
        base = by_unit(systems.get(baseline, []), column)
        found[language] = {}
        for system, rows in systems.items():
            own = by_unit(rows, column)
            common = group(sorted(own.keys() & base.keys()), lambda unit: unit[-1])
            if system != baseline and common:
                means = [np.mean([own[unit] - base[unit] for unit in units]) for units in common.values()]
                found[language][system] = mean_interval(np.array(means), np.random.default_rng(seed))
    return found


def check_baseline(scores: Scores, baseline: str) -> None:
    """Raise `AudiolabError` where a system that others are to be compared with was not scored."""
    systems = dict.fromkeys(score.system for score in scores)
    if baseline not in systems:
        raise AudiolabError(f"baseline '{baseline}' was not scored; scored are: {', '.join(systems)}")


def short_note(scores: Scores) -> str:
    """Return the line under a table: over how much its numbers were taken."""
    if not scores:
        return f"{NOT_SCORED.capitalize()}."
    counts = [(len({score.unit for score in scores}), "utterance"), (len({s.language for s in scores}), "language")]
    if seeds := {score.seed for score in scores} - {UNTRAINED}:
        counts.append((len(seeds), "seed"))
    return ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for count, name in counts) + "."


def _of_sets(scores: Scores, names: set[str]) -> list[EnhancementScore]:
    return [score for score in scores if score.set in names]


def _beside_table(rows: Sequence[Beside]) -> str:
    header = ["Row", *(text for m in METRICS for text in (f"{m.name}, paper", f"{heading(m)}, ours")), "n", "Note"]
    lines = []
    for row in rows:
        cells = [text for m in METRICS for text in (getattr(row.paper, m.column) or NONE, ours_cell(row, m))]
        lines.append([row.paper.row, *cells, row.utterances or NONE, row.paper.note or NONE])
    return markdown(header, lines)


def ours_cell(row: Beside, metric: Metric) -> str:
    """Return our mean with its interval, or the difference with its own; or that there is none."""
    ours = row.ours[metric.column]
    if ours is None:
        return NONE if row.utterances else NOT_SCORED
    return difference_cell(ours, metric) if isinstance(ours, Interval) else summary_cell(ours, metric)


def _by_language(scores: Scores, baseline: str, seed: int) -> Iterator[str]:
    check_baseline(scores, baseline)
    for name, of_family in families(scores).items():
        if len({score.language for score in of_family}) < 2:
            continue
        for metric in METRICS:
            found = differences_by_language(of_family, baseline, metric.column, seed)
            systems = list(dict.fromkeys(system for of_language in found.values() for system in of_language))
            if systems:
                yield f"## Difference to {baseline} by language: {difference_heading(metric)}, {name}"
                yield markdown(
                    ["Language", *systems],
                    [[lang, *(difference_cell(row.get(s), metric) for s in systems)] for lang, row in found.items()],
                )
