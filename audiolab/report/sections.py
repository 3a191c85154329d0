"""Sections that the report of any experiment has: overview, curves, configuration, files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from audiolab import systems
from audiolab.metrics.scores import UNTRAINED, Score
from audiolab.metrics.table import Column, Table
from audiolab.report import page, plots
from audiolab.report.experiment import Experiment
from audiolab.report.history import History, TrainingRun, how_trained
from audiolab.report.tables import html_table
from audiolab.training.system import Together
from audiolab.waiting import told

FEW = 20
"""Rows of a table that is shown at once; a higher one unfolds."""


def overview(experiment: Experiment, scores: Sequence[Score], facts: Mapping[str, str]) -> Markup:
    """Return what was run: what was scored (``facts``), runs, steps, seeds, commit, versions."""
    runs = experiment.runs
    values: dict[str, Any] = {
        **experiment.facts,
        **facts,
        "Training runs": experiment.total_runs,
        "Scored utterances": len({score.unit for score in scores}),
        "Seeds": _seeds(scores),
        **how_trained(runs),
    }
    return page.facts({name: str(value) for name, value in values.items()})


def files_section(experiment: Experiment, files: Sequence[tuple[str, Path]]) -> Markup:
    """Return where scores and tables are, and what else there is (what, path), relative to the page."""
    listed, results = [("Scores by utterance", experiment.scores)], experiment.scores.with_name("RESULTS.md")
    if results.is_file():
        listed.append(("Tables in Markdown", results))
    rows = [{"what": what, "where": _link(path, experiment.out.parent)} for what, path in (*listed, *files)]
    return html_table(Table([Column("what", "What"), Column("where", "Where")], rows))


def training_section(runs: Sequence[TrainingRun]) -> Markup:
    """Return the curves of each run, folded; first, what its system says is best seen together."""
    shown = {run.name: systems.get(run.config["system"]).together for run in runs}
    notes = dict.fromkeys(together.note for together in shown.values() if together)
    parts = [page.note(" ".join(["Lines are means over blocks of steps, bands the range within a block.", *notes]))]
    for run in told(runs, "curves of runs"):
        history, name = run.history, run.name
        together = shown[name] or Together({}, "")
        drawn = [_together(history, name, split, together) for split in ("train", "valid")]
        for value in history.names:
            if value not in together.names.values():
                alt = f"{value} over training steps of {name}."
                drawn.append(page.plot(plots.curve(history, value), f"curve-{name}-{value}", alt))
        parts.append(page.fold(name, page.grid([d for d in drawn if d]), is_open=run is runs[0]))
    return page.join(*parts)


def configuration_section(runs: Sequence[TrainingRun]) -> Markup:
    """Return what differs between the runs as a table, and each resolved config, folded."""
    flat = {run.name: _flatten(run.config) for run in runs}
    keys = dict.fromkeys(key for values in flat.values() for key in values)
    differing = [key for key in keys if len({values.get(key) for values in flat.values()}) > 1]
    parts = []
    if differing:
        parts.append(_differences({name: {key: of.get(key) for key in differing} for name, of in flat.items()}))
    parts += [page.fold(f"{run.name}: config.yaml", page.code(run.config_text)) for run in runs]
    return page.join(*parts)


def _differences(values: Mapping[str, Mapping[str, str | None]]) -> Markup:
    """Return run -> key -> value as a table that is higher than wide: a row a key, or a row a run."""
    keys = list(next(iter(values.values())))
    title, heads, names = "Run", keys, list(values)
    if len(keys) > len(values):
        title, heads, names = "Key", list(values), keys
        values = {key: {name: of[key] for name, of in values.items()} for key in keys}
    columns = [Column("", title), *(Column(head, head) for head in heads)]
    table = html_table(Table(columns, [{"": name, **values[name]} for name in names]))
    return page.fold("What differs between the runs", table, is_open=len(names) <= FEW)


def _seeds(scores: Sequence[Score]) -> str:
    """Return ``1 seed (0)``, ``2 seeds (0, 1)``, or that there is none."""
    found = sorted({score.seed for score in scores} - {UNTRAINED}, key=lambda seed: (len(seed), seed))
    return f"{len(found)} seed{'s' if len(found) > 1 else ''} ({', '.join(found)})" if found else "none"


def _link(path: Path, here: Path) -> Markup:
    """Return a link to a file or folder, relative to the folder ``here`` in which the page lies."""
    relative = Path(os.path.relpath(path, here)).as_posix()
    return Markup('<a href="{}">{}</a>').format(quote(relative), page.inline_code(relative))


def _together(history: History, name: str, split: str, together: Together) -> Markup | None:
    names = {words: value for words, value in together.names.items() if (split, value) in history.series}
    if not names:
        return None
    title = f"{together.title}, {'training' if split == 'train' else 'validation'}"
    drawn = plots.trajectories(history, names, title, split)
    return page.plot(drawn, f"together-{split}-{name}", f"{title}, over steps of {name}: {', '.join(names)}.")


def _flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
