"""The report of a speech enhancement experiment: what it has to show, for `audiolab.report.assembly`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

import numpy as np
from markupsafe import Markup

from audiolab import cli
from audiolab.data.mixtures import MixtureDir
from audiolab.data.ranking import read_decisions
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import AS_IS, read_conditions
from audiolab.metrics.summary import group
from audiolab.report import page, plots
from audiolab.report.assembly import Content
from audiolab.report.experiment import Experiment, Limits
from audiolab.report.page import Section
from audiolab.report.players import Clip, Item, Sound
from audiolab.report.scores import by_set, differences_by_set, how_measured, paper_tables
from audiolab.report.spectra import spectra_by_group
from audiolab.report.tables import header, html_table
from audiolab.tasks.runs import Run
from audiolab.tasks.se.scores import FURTHER, METRICS, SE, EnhancementScore
from audiolab.tasks.se.tables import TASK, beside_paper, beside_table, by_language, known, paper_notes, short_note

LIMITS = Limits(group="set", utterances=3, seconds=6.0, max_mb=20.0)


def add_options(parser: cli.ArgumentParser) -> None:
    """Add where the sets are, the paper's tables, and a domain classifier's decisions."""
    parser.add_argument("--data", required=True, help="folder that holds the sets' mixture dirs by name")
    parser.add_argument("--paper", default="", help="the paper's tables, by tabs")
    parser.add_argument("--source_decisions", default="", help="table of rank_domains over the source's mixtures")
    parser.add_argument("--target_decisions", default="", help="the same over the target's")
    parser.add_argument("--percent", type=float, default=30.0, help="of the source that was taken as most target-like")


def content(experiment: Experiment, options: Any) -> Content:
    """Return what the page has to show."""
    if bool(options.source_decisions) != bool(options.target_decisions):
        raise AudiolabError("report se: give both --source_decisions and --target_decisions, or neither")
    if not 0 < options.percent <= 100:
        raise AudiolabError(f"--percent {options.percent}: give one above 0, at most 100")
    enhanced = [run for run in experiment.scored if run.dir != AS_IS]
    sets = {
        name: MixtureDir(Path(options.data) / name) for name in dict.fromkeys(r.group[0] for r in experiment.scored)
    }
    scores, heard = SE.read(experiment.scores), items(enhanced, sets)
    conditions = read_conditions(experiment.scores.with_suffix(".yaml"))
    folders = [(f"{run.system}, seed {run.seed}: {run.group[0]}", Path(run.dir)) for run in enhanced]
    return Content(
        scores=scores,
        facts={
            "Systems": ", ".join(dict.fromkeys(score.system for score in scores)),
            "Sets": ", ".join(dict.fromkeys(score.set for score in scores)),
            "Languages": ", ".join(known(scores, "language")),
        },
        sections=list(_sections(scores, conditions, options)),
        heard=heard,
        kind="mixtures",
        spectrograms=spectra_by_group(
            heard, experiment.seconds, "a mixture", "noisy, enhanced by each system, and clean"
        ),
        files=[*((f"{run.name}: training run", run.path) for run in experiment.runs), *folders],
    )


def _sections(scores: Sequence[EnhancementScore], conditions: Mapping[str, object], options: Any) -> Iterator[Section]:
    if options.paper:
        yield Section("The paper's tables beside ours", paper_section(Path(options.paper), scores))
    yield Section("Scores", score_section(scores, conditions))
    for baseline in options.baseline:
        yield Section(f"Difference to {baseline}", difference_section(scores, baseline))
    if options.source_decisions:
        decisions = Path(options.source_decisions), Path(options.target_decisions)
        yield Section("Domains", domain_section(*decisions, options.percent))


def paper_section(path: Path, scores: Sequence[EnhancementScore]) -> Markup:
    """Return the paper's tables with our scores beside each figure; a table's notes stand below it, each once."""
    found = []
    for name, rows in group(beside_paper(scores, TASK.read_paper(path)), lambda row: row.paper.table).items():
        parts = group(rows, lambda row: row.paper.part)
        shown = {f"{name}, {part}": beside_table(of_part) for part, of_part in parts.items()}
        found.append((shown, paper_notes([row.paper for row in rows])))
    return paper_tables(found)


def score_section(scores: Sequence[EnhancementScore], conditions: Mapping[str, object]) -> Markup:
    """Return plots of all sets, a table for each, and how all of it was measured."""
    return page.join(by_set(scores, METRICS, FURTHER, short_note), how_measured(TASK.measured(conditions)))


def difference_section(scores: Sequence[EnhancementScore], baseline: str) -> Markup:
    """Return the paired differences to a system, by set, and by language over the sets of the same utterances."""
    by_sets = differences_by_set(scores, METRICS, baseline, "utterance")
    return page.join(by_sets, *_by_language(scores, baseline))


def _by_language(scores: Sequence[EnhancementScore], baseline: str) -> Iterator[Markup]:
    for name, of_family in by_language(scores, baseline).items():
        yield page.heading(f"By language, mean over {name}")
        for metric, table in of_family:
            yield html_table(table, header(metric.name, metric.unit), stacked=True)


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


@dataclass(frozen=True)
class MixtureClip:
    """A mixture, or the clean speech in it, made in memory."""

    mixtures: MixtureDir
    index: int
    part: Literal["noisy", "clean"]

    @property
    def utterance(self) -> str:
        """The mixture's id."""
        return self.mixtures.ids[self.index]

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells it from other clips."""
        return str(self.mixtures.path), self.index, self.part

    def load(self) -> tuple[np.ndarray, int]:
        """Return (samples [N], float32; rate in Hz)."""
        speech, noise = self.mixtures.parts(self.index)
        return speech if self.part == "clean" else speech + noise, self.mixtures.rate


def items(runs: Sequence[Run], sets: Mapping[str, MixtureDir]) -> dict[str, list[Item]]:
    """Return set -> its mixtures in all versions, languages in turn; of each system, the run that is listed first."""
    return {name: list(_of_set(mixtures, [r for r in runs if r.group == (name,)])) for name, mixtures in sets.items()}


def _of_set(mixtures: MixtureDir, runs: Sequence[Run]) -> Iterator[Item]:
    first: dict[str, DataDir] = {}
    for run in runs:
        if run.dir != AS_IS and run.system not in first:
            first[run.system] = DataDir(Path(run.dir))
    about = DataDir(mixtures.path)
    languages = about.table("utt2lang") if about.has("utt2lang") else {}
    for index in _in_turn([languages.get(name, "") for name in mixtures.ids]):
        name, snr = mixtures.ids[index], mixtures.snr(index)
        words = [name, languages.get(name, ""), "" if snr is None else f"SNR {snr:g} dB"]
        clips: dict[str, Sound] = {"Noisy": MixtureClip(mixtures, index, "noisy")}
        clips |= {system: Clip(datadir, name) for system, datadir in first.items()}
        clips["Clean"] = MixtureClip(mixtures, index, "clean")
        yield Item(", ".join(word for word in words if word), clips)


def _in_turn(labels: Sequence[str]) -> list[int]:
    """Return the places of labels so that the labels take turns.

    >>> _in_turn(["de", "de", "fr", "de", "fr"])
    [0, 2, 1, 4, 3]
    """
    numbers = {label: count() for label in labels}
    turns = [(next(numbers[label]), label, place) for place, label in enumerate(labels)]
    return [place for _, _, place in sorted(turns)]
