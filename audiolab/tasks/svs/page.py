"""The report of a singing voice separation experiment: what it has to show, for `audiolab.report.assembly`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from audiolab import cli
from audiolab.data.poor_frames import TABLE, read_poor_frames, shares_of_songs
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError
from audiolab.metrics.score_tables import difference_table, measured_part, system_table
from audiolab.metrics.scores import Metric, read_conditions
from audiolab.metrics.summary import check_baseline, group
from audiolab.report import page, plots
from audiolab.report.assembly import Content
from audiolab.report.experiment import Experiment, Limits
from audiolab.report.page import Section
from audiolab.report.players import Item, Sound
from audiolab.report.scores import group_plot, how_measured
from audiolab.report.spectra import spectra
from audiolab.report.tables import html_table
from audiolab.tasks.runs import Run
from audiolab.tasks.svs.excerpts import Excerpt, SongClip
from audiolab.tasks.svs.scores import CEILING, FURTHER, METRICS, MIXTURE, SVS, SeparationScore
from audiolab.tasks.svs.tables import TASK, UNITS, medians, paper_table, short_note

LIMITS = Limits(group="set", utterances=2, seconds=10.0, max_mb=40.0)
HEARD_MIXTURE = "Mixture"
POOR = "Poor frames of a song"


def add_options(parser: cli.ArgumentParser) -> None:
    """Add where the sets are, the paper's tables, and counts of poor frames."""
    parser.add_argument("--data", required=True, help="folder that holds the sets' song dirs by name")
    parser.add_argument("--paper", default="", help="the paper's tables, by tabs")
    parser.add_argument(
        "--poor", nargs="*", default=[], metavar="NAME=DIR", help=f"song dirs with {TABLE}, whose songs are compared"
    )


def content(experiment: Experiment, options: Any) -> Content:
    """Return what the page has to show."""
    sets = {name: StemDir(Path(options.data) / name) for name in dict.fromkeys(r.group[0] for r in experiment.scored)}
    scores = SVS.read(experiment.scores)
    conditions = read_conditions(experiment.scores.with_suffix(".yaml"))
    heard = items(experiment.scored, sets, experiment.seconds)
    folders = [(f"{run.system}, seed {run.seed}: {run.group[0]}", Path(run.dir)) for run in experiment.scored]
    return Content(
        scores=scores,
        facts={
            "Systems": ", ".join(dict.fromkeys(score.system for score in scores)),
            "Sets": ", ".join(dict.fromkeys(score.set for score in scores)),
        },
        sections=list(_sections(scores, conditions, options)),
        heard=heard,
        kind="songs, where the voice sings most",
        spectrograms=spectrogram_section(heard, experiment.seconds),
        files=[*((f"{run.name}: training run", run.path) for run in experiment.runs), *folders],
    )


def _sections(scores: Sequence[SeparationScore], conditions: Mapping[str, object], options: Any) -> Iterator[Section]:
    if options.paper:
        yield Section("The paper's tables beside ours", paper_section(Path(options.paper), scores))
    yield Section("Scores", score_section(scores, conditions))
    for baseline in options.baseline:
        yield Section(f"Difference to {baseline}", difference_section(scores, baseline))
    if options.poor:
        yield Section("Poor frames", poor_section(options.poor))


def paper_section(path: Path, scores: Sequence[SeparationScore]) -> Markup:
    """Return the paper's tables with our scores beside each figure, and the notes below each."""
    parts = []
    for name, rows in group(TASK.read_paper(path), lambda row: row.table).items():
        table = paper_table(scores, rows)
        notes = [f"{row.row}: {row.note}." for row in rows if row.note]
        parts.append(html_table(replace(table, columns=table.columns[:-1]), name, stacked=True))
        parts.append(page.bullets(notes) if notes else "")
    return page.join(page.note("Figures of the paper are as printed there; its data and ours differ."), *parts)


def score_section(scores: Sequence[SeparationScore], conditions: Mapping[str, object]) -> Markup:
    """Return plots of all sets, a table for each, and how all of it was measured."""
    sets = group(scores, lambda s: s.set)
    of_sets = {name: medians(of_set) for name, of_set in sets.items()}
    drawings = []
    for metric in METRICS:
        means = {
            name: {each.system: found.interval for each in of_set if (found := each.metrics[metric.column])}
            for name, of_set in of_sets.items()
        }
        if means := {name: of_set for name, of_set in means.items() if of_set}:
            drawings.append(group_plot("set", means, metric))
    parts = []
    for name, of_set in sets.items():
        parts.append(_by_system(of_set, METRICS, f"{name}; the best of each column in bold"))
        rows, further = measured_part(of_set, FURTHER)
        if rows:
            parts.append(_by_system(rows, further, f"{name}: further ratios; the best of each column in bold"))
        parts.append(page.note(short_note(of_set)))
    return page.join(page.grid(drawings, large=True), *parts, how_measured(TASK.measured(conditions)))


def difference_section(scores: Sequence[SeparationScore], baseline: str) -> Markup:
    """Return the paired differences to a system, by set."""
    check_baseline(scores, baseline)
    tables = [
        html_table(difference_table(of_set, METRICS, baseline), name)
        for name, of_set in group(scores, lambda s: s.set).items()
        if baseline in {score.system for score in of_set}
    ]
    note = page.note("Means of differences by song, with their 95 % intervals; above 0 is better.")
    return page.join(note, *tables)


def poor_section(given: Sequence[str]) -> Markup:
    """Return the histogram of the songs' shares of poor frames (noisy self-training, Figure 2).

    Args:
        given: ``NAME=DIR`` of song dirs that have a table `TABLE`.

    Raises:
        AudiolabError: One is not that.
    """
    shares = {}
    for words in given:
        name, equals, folder = words.partition("=")
        if not name or not equals or not folder:
            raise AudiolabError(f"--poor {words}: give NAME=DIR, a name for the page and a song dir with {TABLE}")
        shares[name] = np.array(list(_poor_shares(Path(folder)).values()))
    told = ", ".join(f"{name} {100 * np.median(of):.1f} %" for name, of in shares.items())
    caption = f"Share of a song's frames in which one source leaks into the other's track. Medians: {told}."
    drawn = plots.share_histogram(shares, POOR)
    return page.grid([page.plot(drawn, "poor", f"Histogram of shares by song. {caption}", caption)], large=True)


def items(runs: Sequence[Run], sets: Mapping[str, StemDir], seconds: float) -> dict[str, list[Item]]:
    """Return set -> its songs in all versions; of each system, the run that is listed first."""
    return {
        name: list(_of_set(songs, [r for r in runs if r.group == (name,)], seconds)) for name, songs in sets.items()
    }


def spectrogram_section(heard: Mapping[str, Sequence[Item]], seconds: float) -> Markup:
    """Return the first song of each set, each source in all versions below each other."""
    parts = [page.note("Levels are in dB of full scale; what stands below each other shares one colour scale.")]
    for name, of_set in heard.items():
        for source in SOURCES:
            clips = {
                role: clip for role, clip in of_set[0].clips.items() if role == HEARD_MIXTURE or clip.source == source
            }
            words = f"{name}: {of_set[0].what}, {source}"
            alt = f"Spectra of the mixture, of the true {source}, and of each system's. {words}."
            drawn = page.plot(spectra(clips, seconds), f"spectra-{name}-{source}", alt, wide=True)
            parts.append(page.fold(words, drawn, is_open=len(parts) == 1))
    return page.join(*parts)


def _of_set(songs: StemDir, runs: Sequence[Run], seconds: float) -> Iterator[Item]:
    first: dict[str, StemDir] = {}
    for run in runs:
        if run.system not in (MIXTURE, *first):
            first[run.system] = StemDir(run.dir)
    for song, pieces in group(range(len(songs)), songs.songs.__getitem__).items():
        excerpt = Excerpt(songs, tuple(pieces), seconds)
        clips: dict[str, Sound] = {HEARD_MIXTURE: SongClip(songs, excerpt, "", song)}
        for name, made in {"true": songs, **first}.items():
            clips |= {f"{source.title()}, {name}": SongClip(made, excerpt, source, song) for source in SOURCES}
        yield Item(song, clips)


def _poor_shares(folder: Path) -> dict[str, float]:
    counts = read_poor_frames(folder / TABLE)
    songs = read_table(folder / "utt2song") if (folder / "utt2song").is_file() else {name: name for name in counts}
    lost = sorted(counts.keys() - songs.keys())
    if lost:
        raise AudiolabError(f"{folder}/utt2song: no '{lost[0]}', which {TABLE} has; count poor frames again")
    return shares_of_songs(counts, songs)


def _by_system(scores: Sequence[SeparationScore], metrics: Sequence[Metric], caption: str) -> Markup:
    return html_table(system_table(medians(scores, metrics), metrics, units=UNITS, unranked=(CEILING,)), caption)
