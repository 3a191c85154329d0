"""The report of a voice conversion experiment: what it has to show, for `audiolab.report.assembly`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from audiolab.metrics.further_table import measured_part
from audiolab.metrics.summary import check_baseline, summarise_by
from audiolab.metrics.table import read_conditions
from audiolab.report import page
from audiolab.report.assembly import Content, assemble
from audiolab.report.experiment import Experiment
from audiolab.report.page import Section
from audiolab.report.players import Item
from audiolab.report.scores import column, difference_table, group_plot, group_table, how_measured, system_table
from audiolab.report.sections import Together
from audiolab.tasks.vc.heard import Conversion
from audiolab.tasks.vc.pictures import picture
from audiolab.tasks.vc.scores import JUDGED, METRICS, VC, ConversionScore
from audiolab.tasks.vc.tables import BY_PAIR, TABLES, leaders, short_note

DISCRIMINATORS = Together(
    {
        "real": "d_real",
        "converted": "d_converted",
        "source (false anchor)": "d_source",
        "noise (false anchor)": "d_noise",
    },
    "Discriminators' scores",
    "A discriminator's score is 1 for what it takes to be real and 0 for what it takes to be false (dashed).",
)

Conversions = Mapping[str, Sequence[Conversion]]
"""Run's name -> its converted utterances."""


def report(experiment: Experiment, conversions: Conversions, compared: Sequence[str] = ()) -> str:
    """Return the page; ``compared`` are the systems to which the others are compared."""
    scores = VC.read(experiment.scores)
    pairs = sorted({score.pair for score in scores})
    conditions = read_conditions(experiment.scores.with_suffix(".yaml"))
    content = Content(
        task="Voice conversion",
        scores=scores,
        facts={
            "System": experiment.systems,
            "Speaker pairs": ", ".join(f"{source} → {target}" for source, target in pairs),
        },
        sections=[
            Section("Scores", score_section(scores, conditions)),
            *(Section(f"Difference to {name}", difference_section(scores, name)) for name in compared),
        ],
        heard={run.name: [_item(c) for c in conversions[run.name]] for run in experiment.runs},
        kind="converted utterances",
        spectrograms=spectrogram_section(experiment, conversions),
        together=DISCRIMINATORS,
        files=list(_files(experiment, conversions)),
    )
    return assemble(experiment, content)


def score_section(scores: Sequence[ConversionScore], conditions: Mapping[str, object]) -> Markup:
    """Return the summary by system, the plots and tables by pair, and how all of it was measured."""
    caption = "Means over a system's pairs; the best system of each column in bold"
    table = system_table(scores, METRICS, caption, groups="Pairs", stacked=True)
    note = page.note(short_note(scores, conditions))
    judged, metrics = measured_part(scores, JUDGED)
    if judged:
        caption = "Judges that were trained elsewhere; the best of each column in bold"
        table = page.join(table, system_table(judged, metrics, caption, groups="Pairs", stacked=True))
    return page.join(table, note, how_measured(TABLES.measured(conditions)), page.heading("By pair"), *_by_pair(scores))


def difference_section(scores: Sequence[ConversionScore], baseline: str) -> Markup:
    """Return the paired differences to a system over all pairs."""
    check_baseline(scores, baseline)
    note = page.note("Means of differences by utterance, with their 95 % intervals.")
    return page.join(difference_table(scores, METRICS, baseline, "Over all pairs"), note)


def spectrogram_section(experiment: Experiment, conversions: Conversions) -> Markup:
    """Return source, converted and target beside each other for the first utterance of each run that has all three."""
    parts = [
        page.note(
            "Left: short-time spectrum; right: mel envelope, the feature that is converted. Levels are in dB of full "
            "scale and share one colour scale a column. The reference is the target's own reading: its timing differs."
        )
    ]
    for run in experiment.runs:
        chosen = next((c for c in conversions[run.name] if c.reference), None)
        if chosen is not None:
            words = f"{run.name}: sentence {chosen.sentence}, {chosen.source_speaker} → {chosen.target_speaker}"
            alt = f"Spectra and mel envelopes of source, converted and target speech. {words}."
            body = page.plot(picture(run, chosen, experiment.seconds), f"spectrogram-{run.name}", alt, wide=True)
            parts.append(page.fold(words, body, is_open=run is experiment.runs[0]))
    return page.join(*parts)


def _files(experiment: Experiment, conversions: Conversions) -> Iterator[tuple[str, Path]]:
    for run in experiment.runs:
        yield f"{run.name}: training run", run.path
        for folder in dict.fromkeys(c.converted.datadir.path for c in conversions[run.name]):
            yield f"{run.name}: converted speech", folder


def _by_pair(scores: Sequence[ConversionScore]) -> list[Markup]:
    """Return the plots by pair of the most telling metrics, and their tables."""
    drawings, by_pair = [], list[Markup]()
    for metric in (m for m in METRICS if m.column in BY_PAIR):
        found = sorted(summarise_by(scores, lambda s: s.pair, metric.column).items())
        means = {f"{source} → {target}": of_pair for (source, target), of_pair in found if of_pair}
        if means:
            drawings.append(group_plot("pair", means, metric))
            caption = f"{column(metric).header} by pair; the best of each row in bold"
            by_pair += [group_table("Pair", means, metric, caption, best=True), page.note(leaders(scores, metric))]
    return [page.grid(drawings, large=True), *by_pair]


def _item(conversion: Conversion) -> Item:
    what = f"Sentence {conversion.sentence}: {conversion.source_speaker} → {conversion.target_speaker}"
    source = conversion.source
    if source.datadir.has("text"):
        what = f"{what}. {source.datadir.table('text').get(source.utterance, '')}"
    return Item(what, conversion.clips)
