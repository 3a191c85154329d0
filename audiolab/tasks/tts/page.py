"""The report of a speech synthesis experiment: what it has to show, for `audiolab.report.assembly`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.named import parse_named_dirs
from audiolab.errors import AudiolabError
from audiolab.metrics.score_tables import measured, measured_part, system_table
from audiolab.metrics.scores import AS_IS, read_conditions
from audiolab.metrics.summary import summarise
from audiolab.report import language_plots, page, style
from audiolab.report.assembly import Content
from audiolab.report.experiment import Experiment, Limits
from audiolab.report.page import Section
from audiolab.report.players import Clip, Item, Sound
from audiolab.report.scores import group_plot, how_measured
from audiolab.report.spectra import spectra_by_group
from audiolab.report.tables import header, html_table
from audiolab.tasks.runs import Run
from audiolab.tasks.tts.codes import learned_codes, plane
from audiolab.tasks.tts.corpora import utterances_table
from audiolab.tasks.tts.recordings import Recording, Recordings
from audiolab.tasks.tts.scores import FURTHER, METRICS, MSE, TTS, VOCODED, SynthesisScore
from audiolab.tasks.tts.tables import TASK, by_voice, differences, figures, short_note, voice_means, voices

LIMITS = Limits(group="voice", utterances=2, seconds=8.0, max_mb=30.0)


def add_options(parser: cli.ArgumentParser) -> None:
    """Add where recordings and their features are, the paper's figures, the sets of Table 1, a folder for pictures."""
    parser.add_argument("--data", nargs="+", required=True, help="data dirs of the recordings, as of score tts")
    parser.add_argument("--features", nargs="+", required=True, help="of each, the folder of features of kind world")
    parser.add_argument("--paper", default="", help="the paper's figures, by tabs")
    parser.add_argument(
        "--sets", nargs="*", default=[], metavar="NAME=DIR", help="data dirs whose utterances are counted; of one set"
    )
    parser.add_argument("--pictures", default="", help="folder that the figures are written to as PNG, too")


def content(experiment: Experiment, options: Any) -> Content:
    """Return what the page has to show."""
    scores = TTS.read(experiment.scores)
    recordings = Recordings(options.data, options.features)
    heard = items(experiment.scored, recordings)
    folders = {run.dir: f"{run.system}, seed {run.seed}" for run in experiment.scored if run.dir != AS_IS}
    pictures = Pictures(Path(options.pictures) if options.pictures else None)
    return Content(
        scores=scores,
        facts={
            "Systems": ", ".join(dict.fromkeys(score.system for score in scores)),
            "Voices": ", ".join(voices(scores)),
        },
        sections=list(_sections(scores, experiment, options, pictures)),
        heard=heard,
        kind="utterances",
        spectrograms=spectra_by_group(
            heard, experiment.seconds, "an utterance", "as it was recorded, through the vocoder and of each system"
        ),
        files=[
            *((f"{run.name}: training run", run.path) for run in experiment.runs),
            *((name, Path(folder)) for folder, name in folders.items()),
        ],
    )


@dataclass(frozen=True)
class Pictures:
    """Figures for the page, which a folder gets as PNG, too, where there is one."""

    folder: Path | None

    def plot(self, drawn: Figure, name: str, alt: str, caption: str = "", wide: bool = False) -> Markup:
        """Return a figure as `audiolab.report.page.plot` does, and write ``<folder>/<name>.png``."""
        if self.folder is not None:
            style.save_png(drawn, self.folder / f"{page.slug(name)}.png")
        return page.plot(drawn, name, alt, caption, wide)


def _sections(
    scores: Sequence[SynthesisScore], experiment: Experiment, options: Any, pictures: Pictures
) -> Iterator[Section]:
    conditions = read_conditions(experiment.scores.with_suffix(".yaml"))
    if options.sets:
        counts = utterances_table(parse_named_dirs(options.sets, "--sets"))
        yield Section("Utterances", html_table(counts, "Table 1 of the paper"))
    if options.paper and (shown := figure_section(scores, Path(options.paper), pictures)):
        yield Section("The paper's figures", shown)
    yield Section("Scores", score_section(scores, conditions))
    for baseline in options.baseline:
        yield Section(f"Difference to {baseline}", difference_section(scores, baseline))
    if codes := learned_codes(experiment.runs):
        yield Section("Codes of languages", code_section(codes, pictures))


def figure_section(scores: Sequence[SynthesisScore], path: Path, pictures: Pictures) -> Markup:
    """Return the paper's figures of errors by language, drawn of our scores, each with its table."""
    parts = []
    for figure in figures(scores, TASK.read_paper(path)):
        alt = f"{figure.name}: {MSE.name} of each voice and system as bars, with 95 % intervals; numbers are below."
        drawn = language_plots.bars(figure.means, f"{MSE.name}, lower is better")
        parts += [page.heading(figure.name), pictures.plot(drawn, figure.name, alt, wide=True)]
        parts.append(html_table(figure.table, f"{MSE.name}; the best of each row in bold"))
        parts += [page.bullets(figure.notes)] if figure.notes else []
    return page.join(*parts)


def score_section(scores: Sequence[SynthesisScore], conditions: Mapping[str, object]) -> Markup:
    """Return a plot and a table by voice of each metric, what judges said, and how all of it was measured."""
    plots = [group_plot("voice", voice_means(scores, metric), metric) for metric in measured(scores, METRICS)]
    parts = [page.grid(plots, large=True)]
    for metric, table in by_voice(scores):
        parts.append(html_table(table, f"{header(metric.name, metric.unit)}; the best of each row in bold"))
    parts.append(page.note(short_note(scores)))
    for voice, of_voice in voices(scores).items():
        rows, found = measured_part(of_voice, FURTHER)
        if rows:
            table = system_table(summarise(rows, found), found, unranked=(VOCODED,))
            parts.append(html_table(table, f"{voice}: judges that were trained elsewhere"))
    return page.join(*parts, how_measured(TASK.measured(conditions)))


def difference_section(scores: Sequence[SynthesisScore], baseline: str) -> Markup:
    """Return the paired differences to a system by voice, a table a metric.

    Raises:
        AudiolabError: It was not scored.
    """
    if baseline not in {score.system for score in scores}:
        raise AudiolabError(f"--baseline {baseline}: was not scored")
    tables = [
        html_table(table, header(metric.name, metric.unit), stacked=True)
        for metric, table in differences(scores, baseline)
    ]
    note = page.note("Means of differences by sentence, with their 95 % intervals; below 0 is better.")
    return page.join(note, *tables)


def code_section(codes: Mapping[str, Mapping[str, np.ndarray]], pictures: Pictures) -> Markup:
    """Return each run's codes of languages: their values, and the plane in which they differ most."""
    parts = []
    for run, of_run in codes.items():
        values, alt = language_plots.code_map(of_run), f"{run}: the value of each language's code for each basis tower."
        drawings = [pictures.plot(values, f"codes-{run}", alt)]
        if len(of_run) > 1:
            places, share = plane(of_run)
            words = f"{run}: languages on the first two principal components of their codes."
            drawings.append(pictures.plot(language_plots.code_plane(places, share), f"codes-plane-{run}", words))
        parts += [page.heading(run), page.grid(drawings, large=True)]
    return page.join(*parts)


@dataclass(frozen=True)
class VocodedClip:
    """A recording's own parameters, made speech in memory."""

    recording: Recording
    recordings: Recordings

    @property
    def utterance(self) -> str:
        """The utterance's id."""
        return self.recording.utterance

    @property
    def key(self) -> Hashable:
        """What tells it from other clips."""
        return VOCODED, str(self.recording.features.folder), self.utterance

    def load(self) -> tuple[np.ndarray, int]:
        """Return (samples [N], float32; rate in Hz)."""
        world = self.recordings.world
        return world.synthesise(self.recording.parameters()).astype(np.float32), world.config.rate


def items(runs: Sequence[Run], recordings: Recordings) -> dict[str, list[Item]]:
    """Return voice -> its utterances in all versions; of each system, the run that is listed first.

    Raises:
        AudiolabError: Of a voice there is no recording that all of its systems spoke.
    """
    by_voice: dict[tuple[str, ...], dict[str, DataDir]] = {}
    for run in runs:
        of_voice = by_voice.setdefault(run.group, {})
        if run.dir != AS_IS and run.system not in of_voice:
            of_voice[run.system] = DataDir(run.dir)
    found = {", ".join(voice): list(_of_voice(voice, made, recordings)) for voice, made in by_voice.items()}
    if lost := next((voice for voice, of_voice in found.items() if not of_voice), ""):
        places = ", ".join(str(datadir.path) for datadir in recordings.datadirs)
        raise AudiolabError(
            f"{places}: no recording of '{lost}' that all its systems spoke; give --data that was scored"
        )
    return found


def _of_voice(voice: tuple[str, ...], made: Mapping[str, DataDir], recordings: Recordings) -> Iterator[Item]:
    for name, recording in sorted(recordings.by_utterance.items()):
        if (recording.language, recording.speaker) == voice and all(
            name in of.table("wav.scp") for of in made.values()
        ):
            text = recording.datadir.table("text").get(name, "") if recording.datadir.has("text") else ""
            clips: dict[str, Sound] = {"Recording": Clip(recording.datadir, name)}
            clips["Vocoded"] = VocodedClip(recording, recordings)
            clips |= {system: Clip(datadir, name) for system, datadir in made.items()}
            yield Item(f"{name}: {text}" if text else name, clips)
