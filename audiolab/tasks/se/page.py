"""The report of a speech enhancement experiment: what it has to show, for `audiolab.report.assembly`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from audiolab.data.mixtures import MixtureDir
from audiolab.data.ranking import read_decisions
from audiolab.metrics.further_table import measured_part
from audiolab.metrics.scores import AS_IS
from audiolab.metrics.summary import check_baseline, group, summarise_by
from audiolab.metrics.table import read_conditions
from audiolab.report import page, plots, tables
from audiolab.report.assembly import Content, assemble
from audiolab.report.experiment import Experiment
from audiolab.report.page import Section
from audiolab.report.players import Item
from audiolab.report.scores import column, difference_table, group_plot, group_table, how_measured, system_table
from audiolab.report.sections import Together
from audiolab.report.spectra import spectra
from audiolab.tasks.se.heard import items
from audiolab.tasks.se.scores import FURTHER, METRICS, SE, EnhancementScore
from audiolab.tasks.se.scoring import Run
from audiolab.tasks.se.tables import (
    TABLES,
    Beside,
    beside_paper,
    differences_by_language,
    families,
    known,
    short_note,
)

RECOGNISED = Together(
    {
        "source": "source_recognised",
        "target": "target_recognised",
        "both": "domain_accuracy",
    },
    "Share of recognised domains",
    "A domain classifier that guesses recognises one half; dashed are none and all.",
)


@dataclass(frozen=True)
class Enhancement:
    """What an experiment enhanced, and what it is compared with.

    Attributes:
        scored: What was enhanced and scored.
        sets: Set's name -> its mixtures.
        paper: The paper's tables; None: none.
        baselines: Systems to which the others are compared.
        decisions: Tables of a domain classifier's decisions on the source's and on the target's mixtures; None: none.
        percent: Of the source's mixtures that were taken as most like the target.
    """

    scored: Sequence[Run]
    sets: Mapping[str, MixtureDir]
    paper: Path | None = None
    baselines: Sequence[str] = ()
    decisions: tuple[Path, Path] | None = None
    percent: float = 30.0


def report(experiment: Experiment, given: Enhancement) -> str:
    """Return the page."""
    scores, heard = SE.read(experiment.scores), items(given.scored, given.sets)
    conditions = read_conditions(experiment.scores.with_suffix(".yaml"))
    enhanced = [
        (f"{run.system}, seed {run.seed}: {run.set}", Path(run.dir)) for run in given.scored if run.dir != AS_IS
    ]
    content = Content(
        task="Speech enhancement",
        scores=scores,
        facts={
            "Systems": ", ".join(dict.fromkeys(score.system for score in scores)),
            "Sets": ", ".join(dict.fromkeys(score.set for score in scores)),
            "Languages": ", ".join(known(scores, "language")),
        },
        sections=list(_sections(scores, conditions, given)),
        heard=heard,
        kind="mixtures",
        spectrograms=spectrogram_section(heard, experiment.seconds),
        together=RECOGNISED,
        files=[*((f"{run.name}: training run", run.path) for run in experiment.runs), *enhanced],
    )
    return assemble(experiment, content)


def _sections(
    scores: Sequence[EnhancementScore], conditions: Mapping[str, object], given: Enhancement
) -> Iterator[Section]:
    if given.paper is not None:
        yield Section("The paper's tables beside ours", paper_section(given.paper, scores))
    yield Section("Scores", score_section(scores, conditions))
    for baseline in given.baselines:
        yield Section(f"Difference to {baseline}", difference_section(scores, baseline))
    if given.decisions is not None:
        yield Section("Domains", domain_section(*given.decisions, given.percent))


def paper_section(path: Path, scores: Sequence[EnhancementScore]) -> Markup:
    """Return the paper's tables with our scores beside each figure."""
    rows = beside_paper(scores, TABLES.read_paper(path))
    parts = []
    for (table, part), of_part in group(rows, lambda row: (row.paper.table, row.paper.part)).items():
        parts.append(_beside(of_part, f"{table}, {part}"))
    return page.join(page.note("Figures of the paper are as printed there; its data and ours differ."), *parts)


def score_section(scores: Sequence[EnhancementScore], conditions: Mapping[str, object]) -> Markup:
    """Return plots of all sets, a table for each, and how all of it was measured."""
    drawings, parts = [], []
    for metric in METRICS:
        means = {name: row for name, row in summarise_by(scores, lambda s: s.set, metric.column).items() if row}
        if means:
            drawings.append(group_plot("set", means, metric))
    for name, of_set in group(scores, lambda s: s.set).items():
        parts.append(system_table(of_set, METRICS, f"{name}; the best of each column in bold"))
        rows, further = measured_part(of_set, FURTHER)
        if rows:
            parts.append(system_table(rows, further, f"{name}: further scores; the best of each column in bold"))
        parts.append(page.note(short_note(of_set)))
    return page.join(page.grid(drawings, large=True), *parts, how_measured(TABLES.measured(conditions)))


def difference_section(scores: Sequence[EnhancementScore], baseline: str) -> Markup:
    """Return the paired differences to a system, by set, and by language over the sets of the same utterances."""
    check_baseline(scores, baseline)
    by_set = []
    for name, of_set in group(scores, lambda s: s.set).items():
        if baseline not in {score.system for score in of_set}:
            continue
        by_set.append(difference_table(of_set, METRICS, baseline, name))
    note = page.note("Means of differences by utterance, with their 95 % intervals; above 0 is better.")
    return page.join(note, page.grid(by_set, large=True), *_by_language(scores, baseline))


def _by_language(scores: Sequence[EnhancementScore], baseline: str) -> Iterator[Markup]:
    for name, of_family in families(scores).items():
        if len({score.language for score in of_family}) < 2:
            continue
        yield page.heading(f"By language, mean over {name}")
        for metric in METRICS:
            found = differences_by_language(of_family, baseline, metric.column)
            yield group_table("Language", found, metric, column(metric).header, differences=True)


def domain_section(source: Path, target: Path, percent: float) -> Markup:
    """Return the histogram of a domain classifier's decisions (SRST, Figure 3)."""
    found = [np.array(list(read_decisions(path).values())) for path in (source, target)]
    shares = [100 * float(np.mean(values > 0.5)) for values in found]
    caption = (
        f"Decisions of the domain classifier. It takes {shares[0]:.1f} % of the source's and {shares[1]:.1f} % of the "
        f"target's mixtures for the target's."
    )
    alt = f"Histogram of the probability of the target domain, for both domains. {caption}"
    return page.grid([page.plot(plots.domain_histogram(*found, percent), "domains", alt, caption)], large=True)


def spectrogram_section(heard: Mapping[str, Sequence[Item]], seconds: float) -> Markup:
    """Return the first mixture of each set in all versions, below each other."""
    parts = [page.note("Levels are in dB of full scale; the versions of a mixture share one colour scale.")]
    for name, of_set in heard.items():
        words = f"{name}: {of_set[0].what}"
        alt = f"Spectra of a mixture, noisy, enhanced by each system, and clean. {words}."
        drawn = page.plot(spectra(of_set[0].clips, seconds), f"spectra-{name}", alt, wide=True)
        parts.append(page.fold(words, drawn, is_open=len(parts) == 1))
    return page.join(*parts)


def _beside(rows: Sequence[Beside], caption: str) -> Markup:
    gaps = any(row.paper.minus for row in rows)
    columns = [tables.Column("row", "Row")]
    for metric in METRICS:
        best = "" if gaps else metric.better
        columns.append(tables.Column(f"paper {metric.column}", f"{metric.name}, paper", metric.unit, 3, best))
        columns.append(tables.Column(metric.column, f"{metric.name}, ours", metric.unit, metric.digits, best, gaps))
    columns.append(tables.Column("n", "n"))
    lines = []
    for row in rows:
        figures = {m.column: getattr(row.paper, m.column) for m in METRICS}
        printed = {f"paper {column}": float(text) if text else None for column, text in figures.items()}
        about = {"row": row.paper.row, "n": row.utterances or None}
        lines.append({**about, **printed, **row.ours})
    table = tables.html_table(columns, lines, caption, stacked=True)
    notes = [f"{row.paper.row}: {row.paper.note}." for row in rows if row.paper.note]
    return page.join(table, page.bullets(notes) if notes else "")
