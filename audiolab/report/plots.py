"""The plots of a report: curves over steps, spectrograms side by side, scores with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FixedLocator, FuncFormatter, MaxNLocator

from audiolab.metrics.bootstrap import Interval
from audiolab.report import style
from audiolab.report.history import History, thin

_LEVELS = 48
_MAX_COLUMNS = 480
_MAX_ROWS = 160
_MEL_TICKS_KHZ = (0.5, 1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Spectrogram:
    """A picture of levels over time and frequency.

    Attributes:
        decibels: [T, F].
        hop: Time from frame to frame, s.
        frequencies: Frequency of each row in Hz, [F], ascending; evenly spaced or not, each row is drawn as high.
    """

    decibels: np.ndarray
    hop: float
    frequencies: np.ndarray


@style.styled
def curve(history: History, name: str) -> Figure:
    """Return a logged value over steps: training (block means, and their range as a band) and validation."""
    drawn, axes = style.figure(4.4, 2.7)
    axis = axes[0, 0]
    for split, words, colour in (("train", "training", style.SERIES[0]), ("valid", "validation", style.SERIES[1])):
        if (split, name) in history.series:
            _line(axis, history.series[split, name], colour, words)
    axis.set_title(name)
    _steps(axis)
    axis.legend(loc="best")
    return drawn


@style.styled
def trajectories(history: History, names: Mapping[str, str], title: str, split: str = "train") -> Figure:
    """Return several logged values over steps in one plot, such as a discriminator's mean scores.

    Args:
        history: What was logged.
        names: Words for the legend -> logged name.
        title: Title of the plot.
        split: ``train`` or ``valid``.
    """
    drawn, axes = style.figure(4.4, 3.1)
    axis = axes[0, 0]
    for level in (0.0, 1.0):
        axis.axhline(level, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    for (words, name), colour in zip(names.items(), style.colours(list(names)).values()):
        _line(axis, history.series[split, name], colour, words)
    axis.set_title(title)
    _steps(axis)
    axis.legend(loc="upper left", bbox_to_anchor=(0, -0.2), ncols=2)
    return drawn


@style.styled
def spectrograms(panels: Mapping[str, Sequence[Spectrogram]], kinds: Sequence[str], range_db: float = 70.0) -> Figure:
    """Return pictures in rows of one signal and columns of one kind; a column shares its colour scale, all share time.

    Args:
        panels: Signal's name -> one picture for each of ``kinds``.
        kinds: Words for the columns, such as ``"STFT"`` and ``"Mel envelope"``; one may be empty.
        range_db: Colours reach from a column's maximum to this much below it.
    """
    drawn, axes = style.figure(10.0, 0.7 + 1.75 * len(panels), len(panels), len(kinds), sharex=True)
    length = max(picture.hop * len(picture.decibels) for row in panels.values() for picture in row)
    for column, kind in enumerate(kinds):
        top = max(float(row[column].decibels.max()) for row in panels.values())
        for axis, (name, row) in zip(axes[:, column], panels.items()):
            image = _picture(axis, row[column], top - range_db, top)
            axis.set_title(f"{name}: {kind}" if kind else name)
            axis.set_ylabel("Frequency [kHz]")
        bar = drawn.colorbar(image, ax=list(axes[:, column]), pad=0.02, aspect=40)
        bar.set_label("Level [dB]")
        bar.outline.set_visible(False)
        axes[-1, column].set_xlabel("Time [s]")
        axes[-1, column].set_xlim(0, length)
    return drawn


@style.styled
def intervals(values: Mapping[str, Mapping[str, Interval]], label: str) -> Figure:
    """Return means as points with their intervals as bars, a row for each group, a colour and marker for each series.

    Args:
        values: Group (a pair of speakers) -> series (a system) -> mean.
        label: Of the axis, with its unit.
    """
    series = list(dict.fromkeys(name for of_group in values.values() for name in of_group))
    columns = max(1, min(3, 42 // (max(map(len, series)) + 5)))  # so many names are as wide as the figure
    legend = 0.8 + 0.2 * -(-len(series) // columns)
    drawn, axes = style.figure(4.4, legend + len(values) * (0.16 + 0.13 * len(series)))
    axis = axes[0, 0]
    markers = style.markers(series)
    offsets = np.linspace(-0.24, 0.24, len(series)) if len(series) > 1 else np.zeros(1)
    for (name, colour), offset in zip(style.colours(series).items(), offsets):
        rows = [(row, of_group[name]) for row, of_group in enumerate(values.values()) if name in of_group]
        means = np.array([interval.mean for _, interval in rows])
        reach = np.array([[i.mean - i.low, i.high - i.mean] for _, i in rows]).T
        at = np.array([row for row, _ in rows]) + offset
        look = {"fmt": markers[name], "color": colour, "markersize": 4.5, "elinewidth": 1.4}
        axis.errorbar(means, at, xerr=reach, label=name, **look)
    axis.set_yticks(range(len(values)), list(values))
    axis.set_ylim(len(values) - 0.5, -0.5)
    axis.grid(visible=False, axis="y")
    axis.tick_params(axis="y", length=0, labelcolor=style.INK)
    axis.set_xlabel(label)
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderaxespad=0.2)
    return drawn


@style.styled
def domain_histogram(source: np.ndarray, target: np.ndarray, percent: float, bins: int = 50) -> Figure:
    """Return the densities of a domain classifier's decisions on both domains (SRST, Figure 3).

    Args:
        source: Probabilities of the target domain of the source's mixtures, [N], 0 to 1.
        target: The same of the target's, [M].
        percent: A dashed line parts this share of the source's, the most target-like, from the others.
        bins: Of the histogram.
    """
    drawn, axes = style.figure(4.4, 3.1)
    axis = axes[0, 0]
    edges = np.linspace(0, 1, bins + 1)
    for values, name, colour in ((source, "source", style.SERIES[0]), (target, "target", style.SERIES[1])):
        density, _ = np.histogram(values, edges, density=True)
        axis.stairs(density, edges, fill=True, color=colour, alpha=0.25)
        axis.stairs(density, edges, color=colour, linewidth=1.4, label=f"{name}, {len(values):,} mixtures")
    limit = float(np.quantile(source, 1 - percent / 100))
    words = f"{percent:g} % of the source are right of it"
    axis.axvline(limit, color=style.INK, linewidth=1.2, linestyle=(0, (4, 3)), label=words)
    axis.set_xlim(0, 1)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("Probability of the target domain")
    axis.set_ylabel("Density")
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2)
    return drawn


@style.styled
def share_histogram(shares: Mapping[str, np.ndarray], label: str, bins: int = 20) -> Figure:
    """Return how many percent of each set have which share of something (noisy self-training, Figure 2).

    Args:
        shares: Name of a set -> the share that each of its members has, [N], 0 to 1.
        label: What is shared, for the axis.
        bins: Of the histogram.
    """
    drawn, axes = style.figure(4.4, 3.1)
    axis = axes[0, 0]
    edges = np.linspace(0, 100, bins + 1)
    for (name, values), colour in zip(shares.items(), style.colours(list(shares)).values()):
        percent = 100 * np.histogram(100 * values, edges)[0] / len(values)
        axis.stairs(percent, edges, fill=True, color=colour, alpha=0.2)
        axis.stairs(percent, edges, color=colour, linewidth=1.4, label=f"{name}, {len(values):,} songs")
    axis.set_xlim(0, 100)
    axis.set_ylim(bottom=0)
    axis.set_xlabel(f"{label} [%]")
    axis.set_ylabel("Songs [%]")
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2)
    return drawn


def _line(axis: Any, series: tuple[np.ndarray, np.ndarray], colour: str, words: str) -> None:
    steps, means, low, high = thin(series)
    few = len(steps) <= 30
    axis.plot(steps, means, color=colour, label=words, marker="o" if few else "", markersize=3)
    if len(series[0]) > len(steps):
        axis.fill_between(steps, low, high, color=colour, alpha=0.16, linewidth=0)


def _steps(axis: Any) -> None:
    axis.set_xlabel("Step")
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.xaxis.set_major_formatter(EngFormatter(sep=""))
    axis.yaxis.set_major_locator(MaxNLocator(5))


def _picture(axis: Any, picture: Spectrogram, low: float, high: float) -> Any:
    """Draw one spectrogram; each row of it is one unit high, ticks stand at round frequencies."""
    bands = np.arange(len(picture.frequencies))
    pooled = _pool(_pool(picture.decibels, _MAX_COLUMNS).T, _MAX_ROWS)
    step = (high - low) / _LEVELS
    levels = low + step * np.round((np.clip(pooled, low, high) - low) / step)
    extent = (0, picture.hop * len(picture.decibels), -0.5, len(bands) - 0.5)
    image = axis.imshow(
        levels, origin="lower", aspect="auto", extent=extent, vmin=low, vmax=high, cmap=style.COLOUR_MAP,
        interpolation="none",
    )  # fmt: skip
    top = picture.frequencies[-1] / 1000
    even = np.allclose(np.diff(picture.frequencies, 2), 0, atol=1e-3)
    ticks = MaxNLocator(4).tick_values(0, top) if even else np.array(_MEL_TICKS_KHZ)
    ticks = ticks[(ticks >= picture.frequencies[0] / 1000) & (ticks <= top)]
    axis.yaxis.set_major_locator(FixedLocator(np.interp(ticks * 1000, picture.frequencies, bands)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda _, n: f"{ticks[n]:g}" if n is not None else ""))
    axis.grid(visible=False)
    return image


def _pool(values: np.ndarray, most: int) -> np.ndarray:
    """Return the maxima of neighbouring rows so that at most ``most`` rows are left; a last odd row counts alone."""
    size = -(-len(values) // most)
    return np.maximum.reduceat(values, np.arange(0, len(values), size), axis=0)
