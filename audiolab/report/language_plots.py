"""Plots of many languages: errors as bars side by side, and the codes that a model learned of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from audiolab.metrics.bootstrap import Interval
from audiolab.report import style


@style.styled
def bars(values: Mapping[str, Mapping[str, Interval]], label: str) -> Figure:
    """Return means as bars from 0 with their intervals, a place for each group, a colour for each series.

    Args:
        values: Group (a language) -> series (a system) -> mean; a group may lack some.
        label: Of the axis, with its unit.
    """
    series = list(dict.fromkeys(name for of_group in values.values() for name in of_group))
    drawn, axes = style.figure(max(7.0, 1.2 + 0.24 * len(values) * (len(series) + 1)), 3.4)
    axis, width = axes[0, 0], 0.8 / max(1, len(series))
    for number, (name, colour) in enumerate(style.colours(series).items()):
        found = [(place, of_group[name]) for place, of_group in enumerate(values.values()) if name in of_group]
        at = np.array([place for place, _ in found]) + width * (number - (len(series) - 1) / 2)
        reach = np.array([[max(0.0, i.mean - i.low), max(0.0, i.high - i.mean)] for _, i in found]).T
        means = [interval.mean for _, interval in found]
        axis.bar(at, means, width, color=colour, label=name)
        axis.errorbar(at, means, yerr=np.nan_to_num(reach), fmt="none", ecolor=style.INK, elinewidth=1.0, capsize=1.5)
    axis.set_xticks(range(len(values)), list(values))
    axis.tick_params(axis="x", length=0, labelcolor=style.INK)
    axis.grid(visible=False, axis="x")
    axis.set_ylabel(label)
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(4, len(series)), borderaxespad=0.2)
    return drawn


@style.styled
def code_map(codes: Mapping[str, np.ndarray]) -> Figure:
    """Return languages' codes as a picture: a row a language, a column a basis, the value in colour and in figures.

    Args:
        codes: Language -> code, [L].
    """
    values = np.stack(list(codes.values()))
    drawn, axes = style.figure(1.6 + 0.55 * values.shape[1], 0.9 + 0.3 * len(values))
    axis, reach = axes[0, 0], float(np.abs(values).max()) or 1.0
    image = axis.imshow(values, aspect="auto", cmap="RdBu_r", vmin=-reach, vmax=reach, interpolation="none")
    for (row, column), value in np.ndenumerate(values):
        dark = abs(value) > 0.6 * reach
        axis.text(
            column, row, f"{value:.2f}", ha="center", va="center", color="white" if dark else "black", fontsize=7.5
        )
    axis.set_yticks(range(len(codes)), list(codes))
    axis.set_xticks(range(values.shape[1]), [str(number) for number in range(1, values.shape[1] + 1)])
    axis.tick_params(length=0, labelcolor=style.INK)
    axis.grid(visible=False)
    axis.set_xlabel("Basis tower")
    drawn.colorbar(image, ax=axis, pad=0.02, aspect=30).outline.set_visible(False)
    return drawn


@style.styled
def code_plane(places: Mapping[str, np.ndarray], share: float) -> Figure:
    """Return languages as points.

    Args:
        places: Language -> its place, [2].
        share: Which part of the variance the plane holds, 0 to 1.
    """
    drawn, axes = style.figure(4.4, 3.6)
    axis = axes[0, 0]
    x, y = np.stack(list(places.values())).T
    axis.scatter(x, y, color=style.SERIES[0], s=22)
    for name, place in places.items():
        axis.annotate(name, place, xytext=(4, 4), textcoords="offset points", color=style.INK)
    axis.margins(0.2)
    axis.set_xlabel(f"First principal component ({100 * share:.0f} % of the variance in the plane)")
    axis.set_ylabel("Second")
    return drawn
