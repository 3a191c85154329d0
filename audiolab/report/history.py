"""What a training run leaves on disk: its losses and scores over steps, its config, how it was started."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.config import load_yaml
from audiolab.datadir.table import parse_count
from audiolab.errors import AudiolabError, shown
from audiolab.textfile import read_json, read_records, read_text
from audiolab.training.history import COLUMNS

Series = tuple[np.ndarray, np.ndarray]
"""(steps [N] ascending, values [N])."""


@dataclass(frozen=True)
class History:
    """The logged values of one run.

    Attributes:
        series: (split, name) -> its values over steps; split is ``train`` or ``valid``.
    """

    series: dict[tuple[str, str], Series]

    @property
    def last_step(self) -> int:
        """The last step that was logged; 0 where nothing was."""
        return max((int(steps[-1]) for steps, _ in self.series.values()), default=0)

    @property
    def names(self) -> list[str]:
        """What was logged, in the order of first appearance; training and validation name the same value alike."""
        return list(dict.fromkeys(name for _, name in self.series))


@dataclass(frozen=True)
class TrainingRun:
    """A training run's folder.

    Attributes:
        name: Its folder's name.
        path: Its folder.
        config: ``config.yaml`` as plain mappings.
        config_text: The same as text.
        start: ``run.json``: versions, commit, command, start.
        history: ``history.csv``.
    """

    name: str
    path: Path
    config: dict[str, Any]
    config_text: str
    start: dict[str, Any]
    history: History


def read_history(path: str | Path) -> History:
    """Return the values of a ``history.csv``; a value that is logged twice for a step is taken from the last line.

    Raises:
        AudiolabError: The file is missing, or a line does not have the five columns or numbers where they belong.
    """
    points: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for where, row in read_records(path, COLUMNS, ",", "the history", "training writes it"):
        try:
            step, value = parse_count(row["step"]), float(row["value"])
        except ValueError as error:
            raise AudiolabError(f"{where}: not a line of a history: {error}") from error
        if step is None:
            raise AudiolabError(f"{where}: not a line of a history: step {shown(row['step'])}")
        points[row["split"], row["name"]][step] = value
    ordered = {key: sorted(values.items()) for key, values in points.items()}
    return History({key: tuple(np.array(column) for column in zip(*rows)) for key, rows in ordered.items()})


def read_run(path: str | Path, name: str = "") -> TrainingRun:
    """Return what a training run's folder tells; ``name`` is how it is called, the folder's name when empty.

    Raises:
        AudiolabError: One of config.yaml, run.json, history.csv is missing or broken.
    """
    path = Path(path)
    config, _ = load_yaml(path / "config.yaml")
    text = read_text(path / "config.yaml", "this config")
    return TrainingRun(
        name or path.name, path, config, text, read_start(path / "run.json"), read_history(path / "history.csv")
    )


def read_start(path: str | Path) -> dict[str, Any]:
    """Return what a ``run.json`` says: ``versions``, ``commit``, ``start`` and more.

    Raises:
        AudiolabError: The file is missing, is no JSON, or lacks one of these.
    """
    start = read_json(path, "it", "training writes it")
    for key, kinds in (("versions", dict), ("commit", str | None), ("start", str)):
        if key not in start or not isinstance(start[key], kinds):
            raise AudiolabError(f"{path}: does not say '{key}'; training writes it")
    return start


def how_trained(runs: Sequence[TrainingRun]) -> dict[str, str]:
    """Return how training runs were made: steps, and what their ``run.json`` say: first start, commits, versions."""
    steps = sorted({run.history.last_step for run in runs})
    versions: dict[str, set[str]] = {}
    for run in runs:
        for name, version in run.start["versions"].items():
            versions.setdefault(name, set()).add(str(version))
    return {
        "Steps": f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}",
        "Started": min(str(run.start["start"]) for run in runs),
        "Commit": ", ".join(sorted({_commit(run.start["commit"]) for run in runs})),
        "Versions": ", ".join(f"{name} {' / '.join(sorted(found))}" for name, found in versions.items()),
    }


def _commit(said: str | None) -> str:
    """Return a commit of a ``run.json`` in words."""
    if said is None:
        return "no checkout"
    return f"{said[:12].removesuffix('+')}{' with uncommitted changes' if said.endswith('+') else ''}"


def thin(series: Series, most: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (steps, means, lowest, highest) of a series in at most ``most`` blocks of equally many points.

    A block stands at its last step. Values that are not finite are left out; a block without a finite one is NaN.
    """
    steps, values = series
    size = -(-len(steps) // most)
    padding = -len(steps) % size
    blocks = np.pad(np.where(np.isfinite(values), values, np.nan), (0, padding), constant_values=np.nan)
    blocks = blocks.reshape(-1, size)
    masked = np.ma.masked_invalid(blocks)
    ends = np.minimum(np.arange(size, len(steps) + size, size), len(steps)) - 1
    return (steps[ends], *(part.filled(np.nan) for part in (masked.mean(1), masked.min(1), masked.max(1))))
