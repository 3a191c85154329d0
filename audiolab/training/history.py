"""What was logged, step by step: in ``history.csv`` and TensorBoard, and drawn."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write, sync_file
from audiolab.textfile import parse_cells, read_records, read_text

COLUMNS = ("step", "epoch", "split", "name", "value")


class History:
    """Appends to ``history.csv`` and to ``tensorboard/`` of a run's folder.

    What it holds depends on the run alone, not on the clock nor on how often the run was interrupted: taken up again
    at ``step``, it is first cut back to what was logged up to there.

    Args:
        folder: The run's.
        step: Where the run begins or goes on.
        write: False makes an object that takes in everything and writes nothing, for all processes but the main one.
    """

    def __init__(self, folder: Path, step: int, write: bool = True) -> None:
        self.path, self.write = folder / "history.csv", write
        if write:
            self._open(folder, step)

    def _open(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        rows = [row for row in _read(self.path) if int(row[0]) <= step]
        with atomic_write(self.path) as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
        self._file: IO[str] = open(self.path, "a", encoding="utf-8", newline="")  # noqa: SIM115 (closed by close)
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def add(self, step: int, epoch: int, split: str, values: Mapping[str, float]) -> None:
        """Append the values of one split (``train`` or ``valid``), and have them on the disk."""
        if not self.write:
            return
        try:
            writer = csv.writer(self._file, lineterminator="\n")
            writer.writerows((step, epoch, split, name, f"{value:.9g}") for name, value in values.items())
            self._file.flush()
            sync_file(self._file)
            for name, value in values.items():
                self._board.add_scalar(f"{split}/{name}", value, step)
            self._board.flush()
        except OSError as error:
            raise AudiolabError(f"cannot write {self.path}: {error.strerror or error}") from error

    def close(self) -> None:
        """End both files."""
        if self.write:
            self._file.close()
            self._board.close()


def draw_curves(folder: Path) -> None:
    """Draw ``curves/<name>.png`` for each name in ``history.csv`` of a run's folder, training and validation in one."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    curves: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for _, row in read_records(folder / "history.csv", COLUMNS, ",", "the history"):
        curves[row["name"]][row["split"]].append((int(row["step"]), float(row["value"])))
    for name, splits in curves.items():
        figure = Figure(figsize=(6.4, 3.6))
        axes = figure.add_subplot(xlabel="step", ylabel=name)
        for split, points in splits.items():
            axes.plot(*zip(*points), label=split, marker="." if len(points) < 50 else None)
        figure.subplots_adjust(0.15, 0.15, 0.97, 0.97)  # fixed margins: finding them takes as long as drawing
        axes.grid(alpha=0.3)
        axes.legend()
        with atomic_write(folder / "curves" / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.png", "wb") as file:
            FigureCanvasAgg(figure).print_png(file)


def _read(path: Path) -> list[list[str]]:
    """Return the rows; a last one that a killed run has left half-written is left out."""
    if not path.exists():
        return []
    text = read_text(path, "the history", "move it away")
    rows = parse_cells(text[: text.rfind("\n") + 1], path)
    if rows and tuple(rows[0][1]) != COLUMNS:
        raise AudiolabError(f"{path}:1: not a history: its columns are not {','.join(COLUMNS)}; move it away")
    for where, row in rows[1:]:
        if len(row) != len(COLUMNS) or not re.fullmatch("[0-9]{1,18}", row[0]):
            raise AudiolabError(f"{where}: not a line of a history; take the line out")
    return [row for _, row in rows[1:]]
