"""The report of a voice conversion experiment: its sections, for `audiolab.report.page`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from audiolab.metrics.scores import UNTRAINED
from audiolab.metrics.summary import summarise, summarise_by
from audiolab.metrics.table import read_conditions
from audiolab.metrics.vc_scores import METRICS, VC, ConversionScore
from audiolab.metrics.vc_table import BY_PAIR, METHOD, short_note
from audiolab.report import page, plots, tables
from audiolab.report.conversions import Conversion
from audiolab.report.history import Run
from audiolab.report.page import Section
from audiolab.report.pictures import picture
from audiolab.report.players import Item, listening
from audiolab.report.sections import configuration_section, link, start_facts, training_section

DISCRIMINATOR_SCORES = {
    "real": "d_real",
    "converted": "d_converted",
    "source (false anchor)": "d_source",
    "noise (false anchor)": "d_noise",
}
"""Words for the legend -> the name under which a discriminator's mean score is logged."""

SCORE_NOTE = "A discriminator's score is 1 for what it takes to be real and 0 for what it takes to be false (dashed)."


@dataclass(frozen=True)
class Experiment:
    """All that a report shows.

    Attributes:
        runs: Training runs that are shown in detail.
        total_runs: How many runs the experiment has.
        conversions: Run's name -> its converted utterances.
        scores: Path of ``scores.csv``.
        out: Where the page will be; links are relative to it.
        facts: Further facts for the top of the page, such as the corpus.
    """

    runs: Sequence[Run]
    total_runs: int
    conversions: Mapping[str, Sequence[Conversion]]
    scores: Path
    out: Path
    facts: Mapping[str, str] = field(default_factory=dict)


def report(experiment: Experiment, title: str, utterances: int, seconds: float, max_bytes: int) -> str:
    """Return the page.

    Args:
        experiment: What to show.
        title: Title of the page.
        utterances: Most utterances of a run to listen to.
        seconds: Longest clip.
        max_bytes: Size that the page shall not exceed; players are left out, evenly over the runs, to stay below.
    """
    scores = VC.read(experiment.scores)
    before = [
        Section("Overview", overview(experiment, scores)),
        Section("Scores", score_section(experiment.scores, scores)),
    ]
    after = [
        Section("Spectrograms", spectrogram_section(experiment, seconds)),
        Section(
            "Training", training_section(experiment.runs, DISCRIMINATOR_SCORES, "Discriminators' scores", SCORE_NOTE)
        ),
        Section("Configuration", configuration_section(experiment.runs)),
        Section("Files", files_section(experiment)),
    ]
    names = ", ".join(sorted({str(run.config["system"]) for run in experiment.runs}))
    subtitle = f"Voice conversion with {names}"
    footer = "Made by audiolab. This file needs nothing else: it can be copied, mailed and opened without a network."
    size = len(page.render(title, before + after, subtitle, footer).encode())
    listen = Section("Listen", listening_section(experiment, utterances, seconds, max_bytes - size))
    return page.render(title, [*before, listen, *after], subtitle, footer)


def overview(experiment: Experiment, scores: Sequence[ConversionScore]) -> Markup:
    """Return what was run: systems, pairs, steps, seeds, commit, versions."""
    runs = experiment.runs
    pairs = sorted({(score.source, score.target) for score in scores})
    steps = sorted({run.history.last_step for run in runs})
    values: dict[str, Any] = {
        **experiment.facts,
        "System": ", ".join(sorted({str(run.config["system"]) for run in runs})),
        "Training runs": experiment.total_runs,
        "Speaker pairs": ", ".join(f"{source} → {target}" for source, target in pairs),
        "Scored utterances": len({(s.source, s.target, s.utterance) for s in scores}),
        "Steps": f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}",
        "Seeds": ", ".join(sorted({score.seed for score in scores} - {UNTRAINED})),
        **start_facts(runs),
    }
    return page.facts({name: str(value) for name, value in values.items()})


def score_section(path: Path, scores: Sequence[ConversionScore]) -> Markup:
    """Return the summary by system, the plots and tables by pair, and how all of it was measured."""
    columns = [
        tables.Column("system", "System"),
        tables.Column("pairs", "Pairs"),
        tables.Column("utterances", "Utterances"),
        tables.Column("seeds", "Seeds"),
        *(tables.Column(m.column, m.name, m.unit, m.digits, m.better) for m in METRICS),
    ]
    rows = [
        {"system": s.system, "pairs": s.groups, "utterances": s.utterances, "seeds": s.seeds or None, **s.metrics}
        for s in summarise(scores, METRICS)
    ]
    shown = [c for c in columns if any(row[c.key] is not None for row in rows)]
    table = tables.html_table(shown, rows, "Means over a system's pairs; the best of each column in bold", stacked=True)
    conditions = read_conditions(path.with_suffix(".yaml"))
    measured = [f"{name}: {value}." for name, value in conditions.items()] + [
        line.removeprefix("- ") for line in METHOD
    ]
    under = page.join(
        page.note(short_note(scores, conditions)), page.fold("How it was measured", page.bullets(measured))
    )
    return page.join(table, under, page.heading("By pair"), *_by_pair(scores))


def listening_section(experiment: Experiment, utterances: int, seconds: float, max_bytes: int) -> Markup:
    """Return players for the first utterances of each run, as many of all as ``max_bytes`` hold."""
    groups = {run.name: [_item(c) for c in experiment.conversions[run.name]] for run in experiment.runs}
    return listening(groups, "converted utterances", utterances, seconds, max_bytes)


def spectrogram_section(experiment: Experiment, seconds: float) -> Markup:
    """Return source, converted and target beside each other for the first utterance of each run that has all three."""
    parts = [
        page.note(
            "Left: short-time spectrum; right: mel envelope, the feature that is converted. Levels are in dB of full "
            "scale and share one colour scale a column. The reference is the target's own reading: its timing differs."
        )
    ]
    for run in experiment.runs:
        chosen = next((c for c in experiment.conversions[run.name] if c.reference), None)
        if chosen is not None:
            words = f"{run.name}: sentence {chosen.sentence}, {chosen.source_speaker} → {chosen.target_speaker}"
            alt = f"Spectra and mel envelopes of source, converted and target speech. {words}."
            body = page.plot(picture(run, chosen, seconds), f"spectrogram-{run.name}", alt, wide=True)
            parts.append(page.fold(words, body, is_open=run is experiment.runs[0]))
    return page.join(*parts)


def files_section(experiment: Experiment) -> Markup:
    """Return where things are, relative to the page."""
    here = experiment.out.parent
    rows = [{"what": "Scores by utterance", "where": link(experiment.scores, here)}]
    results = experiment.scores.with_name("RESULTS.md")
    if results.is_file():
        rows.append({"what": "Tables in Markdown", "where": link(results, here)})
    for run in experiment.runs:
        folders = dict.fromkeys(c.converted.datadir.path for c in experiment.conversions[run.name])
        rows.append({"what": f"{run.name}: training run", "where": link(run.path, here)})
        rows += [{"what": f"{run.name}: converted speech", "where": link(folder, here)} for folder in folders]
    return tables.html_table([tables.Column("what", "What"), tables.Column("where", "Where")], rows)


def _by_pair(scores: Sequence[ConversionScore]) -> list[Markup]:
    """Return the plots by pair of the most telling metrics, and their tables."""
    drawings, by_pair = [], []
    for metric in (m for m in METRICS if m.column in BY_PAIR):
        found = sorted(summarise_by(scores, lambda s: s.pair, metric.column).items())
        means = {f"{source} → {target}": of_pair for (source, target), of_pair in found if of_pair}
        if not means:
            continue
        name = f"{metric.name} [{metric.unit}]" if metric.unit else metric.name
        better = {"lower": "lower is better", "higher": "higher is better"}.get(metric.better, metric.better)
        alt = f"{metric.name} of each pair and system, with 95 % intervals; the numbers are in the table below."
        drawings.append(page.plot(plots.intervals(means, f"{name}, {better}"), f"scores-{metric.column}", alt))
        systems = dict.fromkeys(system for of_pair in means.values() for system in of_pair)
        columns = [tables.Column("pair", "Pair"), *(tables.Column(s, s, digits=metric.digits) for s in systems)]
        rows = [{**of_pair, "pair": pair} for pair, of_pair in means.items()]
        caption = f"{name} by pair; the best of each row in bold"
        by_pair.append(tables.html_table(columns, rows, caption, best_of_row=metric.better))
    return [page.grid(drawings, large=True), *by_pair]


def _item(conversion: Conversion) -> Item:
    what = f"Sentence {conversion.sentence}: {conversion.source_speaker} → {conversion.target_speaker}"
    source = conversion.source
    if source.datadir.has("text"):
        what = f"{what}. {source.datadir.table('text').get(source.utterance, '')}"
    return Item(what, conversion.clips)
