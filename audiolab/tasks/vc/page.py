"""The report of a voice conversion experiment: what it has to show, for `audiolab.report.assembly`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from markupsafe import Markup

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.metrics.score_tables import difference_table, measured_part
from audiolab.metrics.scores import UNTRAINED, read_conditions
from audiolab.metrics.summary import summarise
from audiolab.metrics.table import Table
from audiolab.report import page
from audiolab.report.assembly import Content
from audiolab.report.experiment import Experiment, Limits
from audiolab.report.page import Section
from audiolab.report.players import Clip, Item
from audiolab.report.scores import by_system, group_plot, how_measured
from audiolab.report.tables import header, html_table
from audiolab.tasks.runs import Run
from audiolab.tasks.vc.conversions import Conversion, check_references, conversions
from audiolab.tasks.vc.grouping import by_what, group_means, has_many_pairs, nearer, split
from audiolab.tasks.vc.pictures import mels, of_systems, picture
from audiolab.tasks.vc.scores import JUDGED, KEPT, METRICS, VC, ConversionScore
from audiolab.tasks.vc.tables import (
    ITSELF_NOTE,
    KEPT_NOTE,
    MOS_NOTE,
    PAIRS_DRAWN,
    TASK,
    PaperRow,
    grouped_metrics,
    leaders,
    pair_table,
    paper_notes,
    paper_table,
    reconstruction_metrics,
    short_note,
)

LIMITS = Limits(group="run", utterances=5, seconds=8.0, max_mb=30.0)

Conversions = Mapping[str, Sequence[Conversion]]
"""Run's name -> its converted utterances."""


def add_options(parser: cli.ArgumentParser) -> None:
    """Add the data dirs of real speech, and the paper's table."""
    parser.add_argument("--data", required=True, help="data dir of the utterances that were converted")
    parser.add_argument("--reference", default="", help="data dir of the targets' parallel references, if any")
    parser.add_argument("--paper", default="", help="the paper's table, by tabs")


def content(experiment: Experiment, options: Any) -> Content:
    """Return what the page has to show."""
    real = DataDir(options.data), DataDir(options.reference) if options.reference else None
    made = {
        run.name: {listed: conversions(listed, *real) for listed in experiment.made.get(run.name, [])}
        for run in experiment.runs
    }
    found = {name: [c for of_listed in of_run.values() for c in of_listed] for name, of_run in made.items()}
    for of_run in found.values() if real[1] else ():
        check_references(of_run, real[1])
    others = {
        listed: {c.source.utterance: c.made for c in conversions(listed, *real)}
        for listed in experiment.made.get("", [])
    }
    scores = VC.read(experiment.scores)
    conditions = read_conditions(experiment.scores.with_suffix(".yaml"))
    return Content(
        scores=scores,
        facts={
            "System": experiment.systems,
            "Speaker pairs": _pairs(scores),
        },
        sections=list(_sections(scores, conditions, options)),
        heard={
            name: in_turn([[_item(c, listed, others) for c in of_listed] for listed, of_listed in of_run.items()])
            for name, of_run in made.items()
        },
        kind="converted utterances",
        spectrograms=spectrogram_section(experiment, found),
        files=list(_files(experiment, found)),
    )


def _sections(scores: Sequence[ConversionScore], conditions: Mapping[str, object], options: Any) -> Iterator[Section]:
    yield Section("Scores", score_section(scores, conditions))
    for baseline in options.baseline:
        yield Section(f"Difference to {baseline}", difference_section(scores, baseline))
    if options.paper:
        rows = TASK.read_paper(options.paper)
        yield Section("The paper's table beside ours", paper_section(rows, scores))


def _pairs(scores: Sequence[ConversionScore]) -> str:
    """Return which pairs there are or, where there are many, how many."""
    pairs = sorted({score.pair for score in scores if not score.itself})
    if has_many_pairs(scores):
        return f"{len(pairs)}, to {len({target for _, target in pairs})} targets"
    return ", ".join(" → ".join(pair) for pair in pairs)


def score_section(scores: Sequence[ConversionScore], conditions: Mapping[str, object]) -> Markup:
    """Return the summary by system, the plots and tables by pair or target, and how all of it was measured."""
    scores, itself = split(scores)
    caption = "Means over a system's pairs; the best system of each column in bold"
    table = by_system(scores, METRICS, caption, "Pairs", stacked=True)
    note = page.note(short_note(scores, conditions))
    judged, metrics = measured_part(scores, JUDGED)
    if judged:
        caption = "Judges that were trained elsewhere; the best of each column in bold"
        table = page.join(table, by_system(judged, metrics, caption, "Pairs", stacked=True))
    kept, metrics = measured_part(scores, KEPT)
    if kept:
        caption = "Identity and content; the best of each column in bold"
        further = by_system(kept, metrics, caption, "Pairs", stacked=True)
        table = page.join(table, further, *map(page.note, [*nearer(scores), KEPT_NOTE]))
    if itself:
        again, metrics = measured_part(itself, reconstruction_metrics())
        caption = "Reconstruction; the best of each column in bold"
        table = page.join(table, by_system(again, metrics, caption, "Speakers", stacked=True), page.note(ITSELF_NOTE))
    drawn = [page.note(PAIRS_DRAWN)] if has_many_pairs(scores) else []
    how, groups = how_measured(TASK.measured(conditions)), page.heading(f"By {by_what(scores)}")
    return page.join(table, note, *drawn, how, groups, *_by_group(scores))


def difference_section(scores: Sequence[ConversionScore], baseline: str) -> Markup:
    """Return the paired differences to a system over all pairs."""
    caption = "Means of differences by utterance over all pairs, with their 95 % intervals"
    return html_table(difference_table(scores, METRICS, baseline), caption, stacked=True)


def paper_section(paper: Sequence[PaperRow], scores: Sequence[ConversionScore]) -> Markup:
    """Return the paper's rows with its mean opinion scores (MOS), each beside our scores of that system.

    So that the table fits on the screen, our system stands below the paper's row.
    """
    table = paper_table(paper, summarise(scores, METRICS))
    columns = [column for column in table.columns if column.key != "config"]
    rows = [{**row, "row": _both_names(row["row"], row["config"])} for row in table.rows]
    notes = paper_notes(paper)
    shown = html_table(Table(columns, rows), "The best of each column of ours in bold", stacked=True)
    return page.join(shown, page.note(MOS_NOTE), *([page.bullets(notes)] if notes else []))


def _both_names(row: str, config: str | None) -> Markup:
    return Markup("{}<small>{}</small>").format(row, config) if config else Markup("{}").format(row)


def spectrogram_section(experiment: Experiment, found: Conversions) -> Markup:
    """Return source, converted and target below each other for the first utterance of each run that has all three.

    Of runs without references it is the first one; what systems of many speakers made of one utterance comes together.
    """
    parts = [
        page.note(
            "Left: short-time spectrum; right: mel envelope, the feature that is converted. Levels are in dB of full "
            "scale and share one colour scale a column. The reference is the target's own reading: its timing differs. "
            "Of systems that convert mel spectrograms, these are shown, as they are before the vocoder."
        )
    ]
    several = _of_many(found)
    if several:
        words, clips = several
        alt = f"Mel spectrograms below each other: {', '.join(clips)}."
        body = page.plot(mels(clips, experiment.seconds), "spectrogram-systems", alt, wide=True)
        parts.append(page.fold(words, body, is_open=True))
    for run in experiment.runs:
        others = [c for c in found[run.name] if c.pair[0] != c.pair[1]]
        chosen = next((c for c in others if c.has_reference), next(iter(others), None) if several else None)
        if chosen is not None:
            words = f"{run.name}: sentence {chosen.sentence}, {' → '.join(chosen.pair)}"
            alt = f"Spectra and mel envelopes of source, converted and target speech. {words}."
            body = page.plot(picture(run, chosen, experiment.seconds), f"spectrogram-{run.name}", alt, wide=True)
            parts.append(page.fold(words, body, is_open=run is experiment.runs[0] and not several))
    return page.join(*parts)


def _of_many(found: Conversions) -> tuple[str, dict[str, Clip]] | None:
    """Return words, and what the systems of many speakers made of one utterance; None where there are no such."""
    of_many = {name: of_run for name, of_run in found.items() if len({c.pair for c in of_run}) > 1}
    first = next((c for of_run in of_many.values() for c in of_run if c.pair[0] != c.pair[1]), None)
    if first is None:
        return None
    clips = of_systems(of_many, first.source.utterance, first.pair[1])
    return f"All systems: {first.source.utterance}, {' → '.join(first.pair)}", clips


def in_turn(groups: Sequence[Sequence[Item]]) -> list[Item]:
    """Return the first of each group, such as a pair of speakers, then the second of each, and so on."""
    return [item for of_all in zip_longest(*groups) for item in of_all if item is not None]


def _files(experiment: Experiment, found: Conversions) -> Iterator[tuple[str, Path]]:
    for run in experiment.runs:
        yield f"{run.name}: training run", run.path
        for folder in dict.fromkeys(c.made.datadir.path for c in found[run.name]):
            yield f"{run.name}: converted speech", folder


def _by_group(scores: Sequence[ConversionScore]) -> list[Markup]:
    """Return the plots by pair or target of the most telling metrics, and their tables."""
    drawings, tables, what = [], list[Markup](), by_what(scores)
    for metric in grouped_metrics(scores):
        means = {name: of_group for name, of_group in group_means(scores, metric).items() if of_group}
        if means:
            drawings.append(group_plot(what, means, metric))
            caption = f"{header(metric.name, metric.unit)} by {what}; the best of each row in bold"
            tables.append(html_table(pair_table(means, metric, scores), caption))
            tables += [page.note(leaders(scores, metric))] if what == "pair" else []
    return [page.grid(drawings, large=True), *tables]


def _item(conversion: Conversion, listed: Run, others: Mapping[Run, Mapping[str, Clip]]) -> Item:
    """Return what is heard of a conversion, with what no run made of the same source: of its seed, or of no seed.

    First comes what needs no training, then the conversion, then what its seed made besides, at last the target.
    """
    what = f"Sentence {conversion.sentence}: {' → '.join(conversion.pair)}"
    source = conversion.source
    if source.datadir.has("text"):
        what = f"{what}. {source.datadir.table('text').get(source.utterance, '')}"
    alike = [other for other in others if other.group == listed.group and source.utterance in others[other]]
    untrained, besides = (
        {other.system: others[other][source.utterance] for other in alike if other.seed == seed}
        for seed in (UNTRAINED, listed.seed)
    )
    target = {"Target": conversion.reference} if conversion.reference else {}
    return Item(what, {"Source": source} | untrained | {"Converted": conversion.made} | besides | target)
