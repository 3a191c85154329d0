"""Result tables of speech enhancement: the paper's beside ours, scores by set, differences, also by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.score_tables import difference_table, further_parts, group_table, system_parts
from audiolab.metrics.scores import Metric
from audiolab.metrics.summary import Summary, by_unit, check_baseline, compare, extent, group, mean_of_units, summarise
from audiolab.metrics.table import NOT_SCORED, Column, Printed, Table, bullets, markdown
from audiolab.tasks.se.scores import FURTHER, METRICS, NOISY, SE, UNKNOWN, EnhancementScore
from audiolab.tasks.task import Task

METHOD = (
    "By language: differences are averaged over the sets that hold the same utterances, at several SNRs, and then "
    "over utterances.",
    "A bootstrap draws speakers, with all their utterances: intervals are for other speakers, in these noises. "
    "Utterances whose speaker is not known are drawn one by one.",
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


def _parts(
    scores: Scores, conditions: Mapping[str, object], paper: Sequence[PaperRow], baselines: Sequence[str], seed: int
) -> list[str]:
    """Return the tables; nothing of ``conditions`` stands under them."""
    parts: list[str] = []
    for name, rows in group(beside_paper(scores, paper, seed), lambda row: row.paper.table).items():
        parts.append(f"## {name} beside ours")
        for part, of_part in group(rows, lambda row: row.paper.part).items():
            over = short_note(_of_sets(scores, {row.paper.set for row in of_part}))
            parts += [f"### {part}", markdown(beside_table(of_part)), over]
        parts.append(bullets(paper_notes([row.paper for row in rows])))
    for name, of_set in group(scores, lambda s: s.set).items():
        parts += [f"## Set {name}", *system_parts(summarise(of_set, METRICS, seed), METRICS), short_note(of_set)]
        for baseline in baselines:
            if baseline in {score.system for score in of_set}:
                table = difference_table(of_set, METRICS, baseline, seed)
                parts += [f"### Difference to {baseline}", markdown(table)]
        parts += further_parts(of_set, FURTHER, f"### Further scores of {name}", baselines, seed)
    for baseline in baselines:
        check_baseline(scores, baseline)
        title = f"## Difference to {baseline} by language"
        for name, tables in by_language(scores, baseline, seed).items():
            for metric, table in tables:
                parts += [f"{title}: {Column.of_differences(metric).heading}, {name}", markdown(table)]
    return [part for part in parts if part]


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

    Scores are subtracted where a set's utterance has both, the differences of an utterance averaged over the sets: the
    same utterance at three SNRs is not three.
    """
    found: dict[str, dict[str, Interval]] = {}
    for language, of_language in sorted(group(scores, lambda s: s.language).items()):
        systems = group(of_language, lambda s: s.system)
        base = by_unit(systems.get(baseline, []), column)
        found[language] = {}
        for system, rows in systems.items():
            own = by_unit(rows, column)
            apart = {unit: own[unit] - base[unit] for unit in sorted(own.keys() & base.keys())}
            if system != baseline and apart:
                alike = group(apart, lambda unit: unit[-1]).values()
                means = {units[0]: float(np.mean([apart[unit] for unit in units])) for units in alike}
                found[language][system] = mean_of_units(means, rows, seed)
    return found


def short_note(scores: Scores) -> str:
    """Return the line under a table: over how much its numbers were taken."""
    if not scores:
        return f"{NOT_SCORED.capitalize()}."
    counts = [(len(known(scores, name)), name) for name in ("speaker", "language")]
    return extent(scores, *(told for told in counts if told[0])) + "."


def known(scores: Scores, field: str) -> list[str]:
    """Return the different values of a field that are not `UNKNOWN`, sorted."""
    return sorted({getattr(score, field) for score in scores} - {UNKNOWN})


def _of_sets(scores: Scores, names: set[str]) -> list[EnhancementScore]:
    return [score for score in scores if score.set in names]


def beside_table(rows: Sequence[Beside]) -> Table:
    """Return the paper's figures, each beside ours. Of gaps none is the best."""
    gaps = any(row.paper.minus for row in rows)
    columns = [Column("row", "Row")]
    for metric in METRICS:
        best = "" if gaps else metric.better
        columns.append(Column(f"paper {metric.column}", f"{metric.name}, paper", digits=3, best=best))
        columns.append(Column.of(metric, best=best, behind=", ours", difference=True))
    return Table([*columns, Column("n", "n")], [_beside_row(row) for row in rows])


def paper_notes(rows: Sequence[PaperRow]) -> list[str]:
    """Return the notes of a table's rows, each once, to stand below it; one that is not of all parts tells of which."""
    parts, notes = {row.part for row in rows}, []
    for (name, note), noted in group([row for row in rows if row.note], lambda row: (row.row, row.note)).items():
        of = "" if len(noted) == len(parts) else f" ({'; '.join(row.part for row in noted)})"
        notes.append(f"{name}{of}: {note}.")
    return notes


def by_language(scores: Scores, baseline: str, seed: int = 0) -> dict[str, list[tuple[Metric, Table]]]:
    """Return name of a family of several languages -> its differences by language, a table a metric."""
    found: dict[str, list[tuple[Metric, Table]]] = {}
    for name, of_family in families(scores).items():
        if len({score.language for score in of_family}) > 1:
            systems = [score.system for score in of_family]
            for metric in METRICS:
                means = differences_by_language(of_family, baseline, metric.column, seed)
                if any(means.values()):
                    table = group_table("Language", means, metric, systems, differences=True)
                    found.setdefault(name, []).append((metric, table))
    return found


def _beside_row(row: Beside) -> dict[str, object]:
    figures = {metric.column: getattr(row.paper, metric.column) for metric in METRICS}
    printed = {f"paper {column}": Printed(text) if text else None for column, text in figures.items()}
    ours = row.ours if row.utterances else dict.fromkeys(row.ours, NOT_SCORED)
    return {"row": row.paper.row, **printed, **ours, "n": row.utterances or None}


TASK = Task(
    name="se",
    title="Speech enhancement",
    layout=SE,
    groups=("set",),
    given=NOISY,
    given_is="the mixtures themselves, which need not be listed",
    judges=("dnsmos", "words"),
    over_scale=("utt2clipped", "Files with samples over full scale, which are clipped"),
    paper_row=PaperRow,
    parts=_parts,
    method=METHOD,
)
