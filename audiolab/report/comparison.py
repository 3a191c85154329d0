"""One logged value of several systems in one plot: what each of their runs, seeds and pairs say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator

from audiolab.errors import AudiolabError
from audiolab.report import style
from audiolab.report.history import History, Series


@style.styled
def comparison(systems: Mapping[str, Sequence[History]], names: Sequence[str], split: str = "train") -> Figure:
    """Return a panel for each value: for each system the mean over its runs by step, and their range as a band.

    Args:
        systems: The histories of each system's runs.
        names: Logged names.
        split: ``train`` or ``valid``.

    Raises:
        AudiolabError: No run of any system has logged a value of that name.
    """
    drawn, axes = style.figure(3.4 * len(names), 3.2, 1, len(names), sharex=True)
    colours, markers = style.colours(list(systems)), style.markers(list(systems))
    for axis, name in zip(axes[0], names):
        found = {system: joined([h.series[split, name] for h in each if (split, name) in h.series])
                 for system, each in systems.items()}  # fmt: skip
        if not any(len(steps) for steps, _ in found.values()):
            raise AudiolabError(f"no run has logged '{name}' in {'training' if split == 'train' else 'validation'}")
        for system, (steps, values) in found.items():
            if len(steps):
                axis.plot(
                    steps, values.mean(0), color=colours[system], marker=markers[system], markersize=3, label=system
                )
                axis.fill_between(steps, values.min(0), values.max(0), color=colours[system], alpha=0.12, linewidth=0)
        axis.set_title(name)
        axis.set_xlabel("Step")
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))
    drawn.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return drawn


def joined(series: Sequence[Series]) -> Series:
    """Return the steps that all of ``series`` have, [N], and their values, [len(series), N]; empty without series."""
    if not series:
        return np.zeros(0), np.zeros((0, 0))
    steps = series[0][0]
    for others, _ in series[1:]:
        steps = np.intersect1d(steps, others)
    return steps, np.stack([values[np.searchsorted(own, steps)] for own, values in series])
