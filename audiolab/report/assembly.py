"""A whole report from what one kind of experiment has to show and what the reports of all kinds do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from audiolab.metrics.scores import Score
from audiolab.report import page
from audiolab.report.experiment import Experiment
from audiolab.report.page import Section
from audiolab.report.players import Item, listening
from audiolab.report.sections import configuration_section, files_section, overview, training_section

FOOTER = (
    "Made by audiolab. This file needs nothing else: it can be copied, mailed and opened without a network; only the "
    "links under Files lead out of it."
)


@dataclass(frozen=True)
class Content:
    """What one kind of experiment has to show.

    Attributes:
        scores: All rows of ``scores.csv``.
        facts: For the overview: what was scored.
        sections: Sections on the scores.
        heard: Heading -> what there is to hear under it.
        kind: What is heard, in the plural, such as ``converted utterances``.
        spectrograms: Pictures of what is heard.
        files: (what, path) of what else there is on disk.
    """

    scores: Sequence[Score]
    facts: Mapping[str, str]
    sections: Sequence[Section]
    heard: Mapping[str, Sequence[Item]]
    kind: str
    spectrograms: Markup
    files: Sequence[tuple[str, Path]]


def assemble(task: str, experiment: Experiment, content: Content) -> str:
    """Return the page, with as many players as it may hold; ``task`` is what its systems do."""
    runs, title = experiment.runs, experiment.title
    before = [
        Section("Overview", overview(experiment, content.scores, content.facts)),
        *content.sections,
    ]
    after = [
        Section("Spectrograms", content.spectrograms),
        Section("Training", training_section(runs)),
        Section("Configuration", configuration_section(runs)),
        Section("Files", files_section(experiment, content.files)),
    ]
    subtitle = f"{task} with {experiment.systems}"
    left = experiment.max_bytes - len(page.render(title, before + after, subtitle, FOOTER).encode())
    players = listening(content.heard, content.kind, experiment.utterances, experiment.seconds, left)
    return page.render(title, [*before, Section("Listen", players), *after], subtitle, FOOTER)
