"""Result tables of singing voice separation: the paper's beside ours, medians over songs, differences by song."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.data.stem_dir import SOURCES
from audiolab.metrics.bootstrap import LEAST, median_interval
from audiolab.metrics.score_tables import difference_table, measured_part, system_parts
from audiolab.metrics.scores import UNTRAINED, Metric
from audiolab.metrics.summary import Summary, SystemSummary, Unit, by_unit, check_baseline, extent, group
from audiolab.metrics.table import NOT_SCORED, UNRANKED, Column, Printed, Table, markdown
from audiolab.tasks.svs.scores import CEILING, FURTHER, MEAN, METRICS, SVS, SeparationScore
from audiolab.tasks.task import Task

INTERVALS = (
    "a ± b: median over songs and half of its 95 % bootstrap interval, for which songs are drawn (expanded "
    f"percentiles); –: none, there are fewer than {LEAST} songs. A song's scores of several seeds are averaged first. "
    "s: standard deviation over seeds of a seed's median. (n): number of songs, where the score is not defined for all."
)
METHOD = (
    "SDR mean of a system: the mean of its two medians, as the paper has it; of a song: the mean of its two.",
    "Differences are means over songs of what a system has more than the other on the same song, with the ends of "
    "their 95 % intervals: they are not the differences of the medians.",
)
UNITS = "Songs"

Scores = Sequence[SeparationScore]


@dataclass(frozen=True)
class PaperRow:
    """A row of a paper's table, and which of our scores stand beside it.

    Attributes:
        table: Name of the table.
        row: The row's name.
        system: Our system; empty: the row is of others' work, and none of ours stands beside it.
        set: Our evaluation set.
        sdr_vocals: The paper's figure: text; empty where the paper does not give it.
        sdr_accompaniment: The same.
        sdr_mean: The same.
        note: What is to be known about the row.
    """

    table: str
    row: str
    system: str
    set: str
    sdr_vocals: str
    sdr_accompaniment: str
    sdr_mean: str
    note: str


def medians(scores: Scores, metrics: Sequence[Metric] = METRICS, seed: int = 0) -> list[SystemSummary]:
    """Return each system's medians over songs, in the order in which systems first stand in ``scores``.

    Args:
        scores: Rows of ``scores.csv``, of one set.
        metrics: Which scores.
        seed: Seed of the bootstrap; each cell draws from its own generator.
    """
    return [_of_system(name, rows, metrics, seed) for name, rows in group(scores, lambda s: s.system).items()]


def paper_table(scores: Scores, rows: Sequence[PaperRow], seed: int = 0) -> Table:
    """Return the paper's figures, each beside ours; notes stand in the last column."""
    columns = [Column("row", "Row")]
    for metric in METRICS:
        columns.append(Column(f"paper {metric.column}", f"{metric.name}, paper", digits=2, best=metric.better))
        columns.append(Column.of(metric, behind=", ours"))
    columns += [Column("n", UNITS), Column("note", "Note")]
    return Table(columns, [_beside(row, scores, seed) for row in rows])


def short_note(scores: Scores) -> str:
    """Return the line under a table: over how much its numbers were taken."""
    return f"{extent(scores, unit='song') if scores else NOT_SCORED.capitalize()}."


def _parts(
    scores: Scores, conditions: Mapping[str, object], paper: Sequence[PaperRow], baselines: Sequence[str], seed: int
) -> list[str]:
    """Return the tables; nothing of ``conditions`` stands under them."""
    parts: list[str] = []
    for baseline in baselines:
        check_baseline(scores, baseline)
    for name, rows in group(paper, lambda row: row.table).items():
        beside = {(row.system, row.set) for row in rows}
        shown = [score for score in scores if (score.system, score.set) in beside]
        parts += [f"## {name} beside ours", markdown(paper_table(scores, rows, seed)), short_note(shown)]
    for name, of_set in group(scores, lambda s: s.set).items():
        parts += [f"## Set {name}", *system_parts(medians(of_set, METRICS, seed), METRICS, units=UNITS)]
        parts.append(short_note(of_set))
        systems = {score.system for score in of_set}
        for baseline in (each for each in baselines if each in systems):
            table = difference_table(of_set, METRICS, baseline, seed)
            parts += [f"### Difference to {baseline}", markdown(table)]
        rows, further = measured_part(of_set, FURTHER)
        if rows:
            parts += [f"### Further scores of {name}"]
            parts += system_parts(medians(rows, further, seed), further, units=UNITS)
    return parts


def _of_system(system: str, rows: Scores, metrics: Sequence[Metric], seed: int) -> SystemSummary:
    songs = {row.unit for row in rows}
    found: dict[str, Summary | None] = {}
    for metric in metrics:
        columns = _columns(metric.column)
        units = _values(rows, columns)
        found[metric.column] = None
        if units:
            interval = median_interval(np.array(list(units.values())), np.random.default_rng(seed))
            found[metric.column] = Summary(interval, _seed_spread(rows, columns), len(songs))
    trained = len({row.seed for row in rows} - {UNTRAINED})
    return SystemSummary(system, 1, trained, len(songs), found)


def _columns(column: str) -> list[str]:
    """Return the columns whose medians are averaged."""
    return [f"sdr_{source}" for source in SOURCES] if column == MEAN else [column]


def _values(rows: Scores, columns: Sequence[str]) -> dict[Unit, list[float]]:
    """Return song -> its values in some columns, averaged over seeds, where all of them are defined."""
    found = [by_unit(rows, column) for column in columns]
    return {unit: [of[unit] for of in found] for unit in found[0] if all(unit in of for of in found)}


def _seed_spread(rows: Scores, columns: Sequence[str]) -> float:
    """Return the standard deviation over seeds of a seed's median; what one seed lacks counts for none of them."""
    seeds = [_values(of_seed, columns) for of_seed in group(rows, lambda s: s.seed).values()]
    common = sorted(set.intersection(*map(set, seeds)))
    if len(seeds) < 2 or not common:
        return math.nan
    return float(np.std([np.median([of[unit] for unit in common], axis=0).mean() for of in seeds], ddof=1))


def _beside(row: PaperRow, scores: Scores, seed: int) -> dict[str, object]:
    figures = {f"paper {metric.column}": getattr(row, metric.column) for metric in METRICS}
    printed = {column: Printed(text) if text else None for column, text in figures.items()}
    of_row = [score for score in scores if (score.system, score.set) == (row.system, row.set)]
    missing = NOT_SCORED if row.system else None
    ours = medians(of_row, METRICS, seed)[0].metrics if of_row else {m.column: missing for m in METRICS}
    songs = len({score.unit for score in of_row})
    about = {"row": row.row, "n": songs or None, "note": row.note or None, UNRANKED: row.system == CEILING}
    return {**about, **printed, **ours}


TASK = Task(
    name="svs",
    title="Singing voice separation",
    layout=SVS,
    groups=("set",),
    given="",
    given_is="",
    judges=(),
    over_scale=("utt2clipped", "Pieces of songs with samples over full scale, which are clipped"),
    paper_row=PaperRow,
    parts=_parts,
    method=METHOD,
    intervals=INTERVALS,
)
