"""The report of a speech enhancement experiment: its sections, for `audiolab.report.page`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from markupsafe import Markup

from audiolab.data.mixtures import MixtureDir
from audiolab.data.ranking import read_decisions
from audiolab.metrics.scores import UNTRAINED
from audiolab.metrics.se_runs import MIXTURES
from audiolab.metrics.se_runs import Run as ScoredRun
from audiolab.metrics.se_scores import METRICS, SE, EnhancementScore
from audiolab.metrics.se_table import (
    METHOD,
    Beside,
    beside_paper,
    check_baseline,
    differences_by_language,
    families,
    read_paper,
    short_note,
)
from audiolab.metrics.summary import compare, group, summarise, summarise_by
from audiolab.metrics.table import read_conditions
from audiolab.report import page, plots, tables
from audiolab.report.enhanced import items
from audiolab.report.history import Run
from audiolab.report.page import Section
from audiolab.report.players import Item, listening
from audiolab.report.sections import configuration_section, link, start_facts, training_section
from audiolab.report.spectra import spectra

RECOGNISED = {
    "source": "source_recognised",
    "target": "target_recognised",
    "both": "domain_accuracy",
}
"""Words for the legend -> the name under which the share of mixtures is logged whose domain is recognised."""

RECOGNISED_NOTE = "A domain classifier that guesses recognises one half; dashed are none and all."


@dataclass(frozen=True)
class Experiment:
    """All that a report shows.

    Attributes:
        runs: Training runs that are shown in detail.
        total_runs: How many runs the experiment has.
        scored: What was enhanced and scored.
        sets: Set's name -> its mixtures.
        scores: Path of ``scores.csv``.
        out: Where the page will be; links are relative to it.
        paper: The paper's tables; None: none.
        baseline: System to which the others are compared; empty: none.
        decisions: Tables of a domain classifier's decisions on the source's and on the target's mixtures; None: none.
        percent: Of the source's mixtures that were taken as most like the target.
        facts: Further facts for the top of the page, such as the corpora.
    """

    runs: Sequence[Run]
    total_runs: int
    scored: Sequence[ScoredRun]
    sets: Mapping[str, MixtureDir]
    scores: Path
    out: Path
    paper: Path | None = None
    baseline: str = ""
    decisions: tuple[Path, Path] | None = None
    percent: float = 30.0
    facts: Mapping[str, str] = field(default_factory=dict)


def report(experiment: Experiment, title: str, utterances: int, seconds: float, max_bytes: int) -> str:
    """Return the page.

    Args:
        experiment: What to show.
        title: Title of the page.
        utterances: Most utterances of a set to listen to.
        seconds: Longest clip.
        max_bytes: Size that the page shall not exceed; players are left out, evenly over the sets, to stay below.
    """
    scores, heard = SE.read(experiment.scores), items(experiment.scored, experiment.sets)
    before = [Section("Overview", overview(experiment, scores))]
    if experiment.paper is not None:
        before.append(Section("The paper's tables beside ours", paper_section(experiment.paper, scores)))
    before.append(Section("Scores", score_section(experiment.scores, scores)))
    if experiment.baseline:
        name = f"Difference to {experiment.baseline}"
        before.append(Section(name, difference_section(scores, experiment.baseline)))
    if experiment.decisions is not None:
        before.append(Section("Domains", domain_section(*experiment.decisions, experiment.percent)))
    training = training_section(experiment.runs, RECOGNISED, "Share of recognised domains", RECOGNISED_NOTE)
    after = [
        Section("Spectrograms", spectrogram_section(heard, seconds)),
        Section("Training", training),
        Section("Configuration", configuration_section(experiment.runs)),
        Section("Files", files_section(experiment)),
    ]
    subtitle = f"Speech enhancement with {', '.join(sorted({str(run.config['system']) for run in experiment.runs}))}"
    footer = "Made by audiolab. This file needs nothing else: it can be copied, mailed and opened without a network."
    size = len(page.render(title, before + after, subtitle, footer).encode())
    players = listening(heard, "mixtures", utterances, seconds, max_bytes - size)
    return page.render(title, [*before, Section("Listen", players), *after], subtitle, footer)


def overview(experiment: Experiment, scores: Sequence[EnhancementScore]) -> Markup:
    """Return what was run: systems, sets, steps, seeds, commit, versions."""
    steps = sorted({run.history.last_step for run in experiment.runs})
    values: dict[str, object] = {
        **experiment.facts,
        "Systems": ", ".join(dict.fromkeys(score.system for score in scores)),
        "Training runs": experiment.total_runs,
        "Sets": ", ".join(dict.fromkeys(score.set for score in scores)),
        "Scored utterances": len({score.unit for score in scores}),
        "Languages": ", ".join(sorted({score.language for score in scores})),
        "Steps": f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}",
        "Seeds": ", ".join(sorted({score.seed for score in scores} - {UNTRAINED})),
        **start_facts(experiment.runs),
    }
    return page.facts({name: str(value) for name, value in values.items()})


def paper_section(path: Path, scores: Sequence[EnhancementScore]) -> Markup:
    """Return the paper's tables with our scores beside each figure."""
    rows = beside_paper(scores, read_paper(path))
    parts = []
    for (table, part), of_part in group(rows, lambda row: (row.paper.table, row.paper.part)).items():
        parts.append(_beside(of_part, f"{table}, {part}"))
    return page.join(page.note("Figures of the paper are as printed there; its data and ours differ."), *parts)


def score_section(path: Path, scores: Sequence[EnhancementScore]) -> Markup:
    """Return plots of all sets, a table for each, and how all of it was measured."""
    drawings, parts = [], []
    for metric in METRICS:
        means = {name: row for name, row in summarise_by(scores, lambda s: s.set, metric.column).items() if row}
        name = f"{metric.name} [{metric.unit}]" if metric.unit else metric.name
        if means:
            alt = f"{metric.name} of each set and system, with 95 % intervals; the numbers are in the tables below."
            drawn = plots.intervals(means, f"{name}, higher is better")
            drawings.append(page.plot(drawn, f"scores-{metric.column}", alt))
    columns = [
        tables.Column("system", "System"),
        tables.Column("utterances", "Utterances"),
        tables.Column("seeds", "Seeds"),
        *(tables.Column(m.column, m.name, m.unit, m.digits, m.better) for m in METRICS),
    ]
    for name, of_set in group(scores, lambda s: s.set).items():
        rows = [
            {"system": s.system, "utterances": s.utterances, "seeds": s.seeds or None, **s.metrics}
            for s in summarise(of_set, METRICS)
        ]
        parts += [tables.html_table(columns, rows, f"{name}; the best of each column in bold")]
        parts += [page.note(short_note(of_set))]
    conditions = read_conditions(path.with_suffix(".yaml"))
    measured = [f"{name}: {value}." for name, value in conditions.items()] + [m.removeprefix("- ") for m in METHOD]
    return page.join(page.grid(drawings, large=True), *parts, page.fold("How it was measured", page.bullets(measured)))


def difference_section(scores: Sequence[EnhancementScore], baseline: str) -> Markup:
    """Return the paired differences to a system, by set, and by language over the sets of the same utterances."""
    check_baseline(scores, baseline)
    by_set = []
    for name, of_set in group(scores, lambda s: s.set).items():
        if baseline not in {score.system for score in of_set}:
            continue
        found = {metric.column: compare(of_set, baseline, metric.column) for metric in METRICS}
        columns = [tables.Column("system", "System")]
        columns += [tables.Column(m.column, m.name, m.unit, m.digits) for m in METRICS]
        systems = found[METRICS[0].column]
        rows = [{"system": system, **{column: found[column][system] for column in found}} for system in systems]
        by_set.append(tables.html_table(columns, rows, name))
    note = page.note("Means of differences by utterance, with half of their 95 % intervals; above 0 is better.")
    return page.join(note, page.grid(by_set, large=True), *_by_language(scores, baseline))


def _by_language(scores: Sequence[EnhancementScore], baseline: str) -> Iterator[Markup]:
    for name, of_family in families(scores).items():
        if len({score.language for score in of_family}) < 2:
            continue
        yield page.heading(f"By language, mean over {name}")
        for metric in METRICS:
            found = differences_by_language(of_family, baseline, metric.column)
            systems = dict.fromkeys(system for row in found.values() for system in row)
            columns = [tables.Column("language", "Language")]
            columns += [tables.Column(system, system, digits=metric.digits) for system in systems]
            rows = [{**row, "language": language} for language, row in found.items()]
            yield tables.html_table(columns, rows, f"{metric.name} [{metric.unit}]" if metric.unit else metric.name)


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


def files_section(experiment: Experiment) -> Markup:
    """Return where things are, relative to the page."""
    here = experiment.out.parent
    rows = [{"what": "Scores by utterance", "where": link(experiment.scores, here)}]
    results = experiment.scores.with_name("RESULTS.md")
    if results.is_file():
        rows.append({"what": "Tables in Markdown", "where": link(results, here)})
    rows += [{"what": f"{run.name}: training run", "where": link(run.path, here)} for run in experiment.runs]
    rows += [
        {"what": f"{run.system}, seed {run.seed}: {run.set}", "where": link(Path(run.dir), here)}
        for run in experiment.scored
        if run.dir != MIXTURES
    ]
    return tables.html_table([tables.Column("what", "What"), tables.Column("where", "Where")], rows)


def _beside(rows: Sequence[Beside], caption: str) -> Markup:
    gaps = any(row.paper.minus for row in rows)
    columns = [tables.Column("row", "Row")]
    for metric in METRICS:
        best = "" if gaps else metric.better
        columns.append(tables.Column(f"paper {metric.column}", f"{metric.name}, paper", metric.unit, 3, best))
        columns.append(tables.Column(metric.column, f"{metric.name}, ours", metric.unit, metric.digits, best))
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
