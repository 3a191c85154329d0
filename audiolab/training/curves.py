"""``curves/<name>.png``: what ``history.csv`` holds, drawn."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from audiolab.files import atomic_write
from audiolab.text import read_records
from audiolab.training.history import COLUMNS


def draw_curves(folder: Path) -> None:
    """Draw one picture for each name in ``folder/history.csv``, training and validation in one."""
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
