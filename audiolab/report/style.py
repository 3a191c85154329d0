"""How all plots look, on paper and on a page that is light or dark.

Figures are made by matplotlib's object interface (no pyplot, no window, no current figure). In an SVG for a page the
colours below become CSS variables, so the page's light or dark theme sets them.
"""

from __future__ import annotations

import functools
import hashlib
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from audiolab.files import atomic_write

P = ParamSpec("P")

INK = "#1c2127"
MUTED = "#5d6771"
GRID = "#d9dee3"
SERIES = ("#1f66b0", "#c2561a", "#22845c", "#9a3d8f", "#8a6d00", "#4f5bd5", "#b3283c", "#0f7f8c")
MARKERS = ("o", "s", "^", "D")
COLOUR_MAP = "magma"

_VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--grid"} | {
    colour: f"--series-{number}" for number, colour in enumerate(SERIES, start=1)
}

_RC = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",
    "path.simplify_threshold": 0.5,
}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Return a plot function that draws in audiolab's style; the process's own style stays as it is."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context(_RC):
            return draw(*args, **kwargs)

    return drawn


def figure(width: float, height: float, rows: int = 1, columns: int = 1, **subplots: Any) -> tuple[Figure, Any]:
    """Return a figure of ``width`` × ``height`` inches and its axes, [rows, columns]; to be called in a `styled`."""
    drawn = Figure(figsize=(width, height))
    FigureCanvasAgg(drawn)
    return drawn, drawn.subplots(rows, columns, squeeze=False, **subplots)


def svg(drawn: Figure, name: str) -> str:
    """Return a figure as an ``<svg>`` element for a page: the page's fonts and colours, same figure, same text.

    Args:
        drawn: The figure.
        name: Unique in the page; the ids within the SVG begin with it, since ids of all SVGs share the page.
    """
    prefix = f"g{hashlib.sha256(name.encode()).hexdigest()[:10]}"
    buffer = io.StringIO()
    with matplotlib.rc_context({**_RC, "svg.hashsalt": name}):
        drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    referred = set(re.findall(r'url\(#([^)"]+)\)|href="#([^"]+)"', text))
    used = {name for pair in referred for name in pair if name}
    text = re.sub(r' id="([^"]*)"', lambda match: f' id="{prefix}-{match[1]}"' if match[1] in used else "", text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = re.sub(r'href="#', f'href="#{prefix}-', text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    return text


def save_png(drawn: Figure, path: str | Path, dpi: int = 144) -> None:
    """Write a figure on white as PNG, atomically; the same figure gives the same bytes."""
    with atomic_write(path, "wb") as file, matplotlib.rc_context(_RC):
        drawn.savefig(file, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})


def colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each name, in their order; after eight the colours come again."""
    return {name: SERIES[number % len(SERIES)] for number, name in enumerate(names)}


def markers(names: Sequence[str]) -> dict[str, str]:
    """Return a marker for each name: another one whenever the `colours` come again."""
    return {name: MARKERS[number // len(SERIES) % len(MARKERS)] for number, name in enumerate(names)}
