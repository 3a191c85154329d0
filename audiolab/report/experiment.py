"""The experiment that a report is about, and what all report commands ask for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiolab import cli
from audiolab.report import page
from audiolab.report.history import TrainingRun, read_run
from audiolab.report.runs import Scored, by_run, choose_runs, find_runs

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How much a page holds where nothing else is asked for.

    Attributes:
        group: Of what there are some utterances to listen to, such as a run.
        utterances: Most utterances of a group.
        seconds: Longest clip.
        max_mb: Size that players shall not make the page exceed, 10^6 bytes.
    """

    group: str
    utterances: int
    seconds: float
    max_mb: float


@dataclass(frozen=True)
class Experiment:
    """What is reported, and how much of it.

    Attributes:
        title: Title of the page.
        runs: Training runs that are shown in detail.
        total_runs: How many runs there are to show.
        scored: The list of what was scored.
        made: Run's name -> what it made of the list of what was scored; ``""`` -> what no run's folder holds.
        scores: Path of ``scores.csv``.
        out: Where the page will be; links are relative to it.
        utterances: Most utterances of a group to listen to.
        seconds: Longest clip.
        max_bytes: Size that the page shall not exceed; players are left out, evenly over the groups, to stay below.
        facts: Further facts for the top of the page, such as the name of the data.
    """

    title: str
    runs: Sequence[TrainingRun]
    total_runs: int
    scored: Sequence[Any]
    made: Mapping[str, Sequence[Any]]
    scores: Path
    out: Path
    utterances: int
    seconds: float
    max_bytes: int
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def systems(self) -> str:
        """The names of the systems that were trained."""
        return ", ".join(sorted({str(run.config["system"]) for run in self.runs}))


def add_options(parser: cli.ArgumentParser, scored_by: str, limits: Limits) -> None:
    """Add the options of all reports; ``scored_by`` is the command that wrote the scores."""
    parser.add_argument("--expdir", required=True, help="the experiment, a folder of training runs")
    parser.add_argument("--scores", required=True, help=f"scores.csv of {scored_by}, beside its scores.yaml")
    parser.add_argument(
        "--scored", help=f"list of runs that {scored_by} read; the experiment's scored.tsv when not given"
    )
    parser.add_argument("--baseline", action="append", default=[], help="system to compare with; may be repeated")
    parser.add_argument("--out", required=True, help="the HTML file to write")
    parser.add_argument(
        "--runs", nargs="*", default=[], help="training runs to show in detail; those scored when not given"
    )
    parser.add_argument("--max_runs", type=cli.count, default=12, help="most runs to show in detail")
    parser.add_argument("--title", default="", help="title of the page")
    parser.add_argument("--corpus", default="", help="name of the corpus, or of several, for the top of the page")
    parser.add_argument(
        "--utterances",
        type=cli.count,
        default=limits.utterances,
        help=f"most utterances of a {limits.group} to listen to",
    )
    parser.add_argument("--seconds", type=cli.above_zero, default=limits.seconds, help="longest clip [s]")
    parser.add_argument(
        "--max_mb", type=cli.above_zero, default=limits.max_mb, help="size that players shall not make the page exceed"
    )


def scored_list(options: Any) -> Path:
    """Return the path of the list of what was scored that the options of `add_options` name."""
    return Path(options.scored or Path(options.expdir) / "scored.tsv")


def read_experiment(options: Any, scored: Sequence[Scored]) -> Experiment:
    """Return the experiment that the options of `add_options` name, of which ``scored`` was scored.

    Raises:
        AudiolabError: It has no training run that made some of it, not the one that is to be shown, or a broken one.
    """
    folders, name = find_runs(options.expdir), Path(options.expdir).name
    made = by_run(folders, scored, scored_list(options))
    with_scores = [run for run in folders if run in made]
    shown = choose_runs(folders, options.runs, with_scores, options.max_runs)
    return Experiment(
        title=options.title or f"Report: {name}",
        runs=[read_run(folders[run], run) for run in shown],
        total_runs=len({*with_scores, *options.runs}),
        scored=scored,
        made=made,
        scores=Path(options.scores),
        out=Path(options.out),
        utterances=options.utterances,
        seconds=options.seconds,
        max_bytes=round(options.max_mb * 1e6),
        facts={"Experiment": name} | ({"Data": options.corpus} if options.corpus else {}),
    )


def write_report(experiment: Experiment, text: str) -> None:
    """Write the page, and log how large it is."""
    page.write(experiment.out, text)
    logger.info("%s: %.1f MB", experiment.out, len(text.encode()) / 1e6)
