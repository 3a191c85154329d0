"""Draw logged values of an experiment's runs by system: ``python -m audiolab.bin.plot_runs --expdir exp/…``.

Each system (``<expdir>/<system>/<run>``) is a line, the mean over its runs, in a band, their range.
"""

from __future__ import annotations

import logging
from pathlib import Path

from audiolab import cli
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.report.comparison import comparison
from audiolab.report.history import History, read_history
from audiolab.report.runs import by_run, find_runs, read_dirs
from audiolab.report.style import save_png

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="plot_runs", description=__doc__.splitlines()[0])
    parser.add_argument("--expdir", required=True, help="the experiment, a folder of systems' folders of runs")
    parser.add_argument("--scored", help="list of what was scored: only the runs that made it; all when not given")
    parser.add_argument("--values", nargs="+", required=True, help="names in history.csv, a panel each")
    parser.add_argument("--split", choices=["train", "valid"], default="train", help="of training or of validation")
    parser.add_argument("--systems", nargs="*", default=[], help="these only, in this order; all when not given")
    parser.add_argument("--out", required=True, help="the PNG to write")
    options = parser.parse_args()
    by_system: dict[str, list[History]] = {}
    for name, folder in chosen_runs(options.expdir, options.scored).items():
        by_system.setdefault(name.split("/")[0], []).append(read_history(folder / "history.csv"))
    for name in options.systems:
        if name not in by_system:
            raise AudiolabError(f"--systems: no system '{name}' in {options.expdir}{did_you_mean(name, by_system)}")
    chosen = {name: by_system[name] for name in options.systems} or by_system
    save_png(comparison(chosen, options.values, options.split), options.out)
    logger.info("%s: %d runs of %d systems", options.out, sum(map(len, chosen.values())), len(chosen))


def chosen_runs(expdir: str, scored: str | None) -> dict[str, Path]:
    """Return name -> folder of an experiment's runs, or of those that made what a list of what was ``scored`` names."""
    runs = find_runs(expdir)
    made = runs if scored is None else by_run(runs, read_dirs(scored), scored)
    return {name: folder for name, folder in runs.items() if name in made}


if __name__ == "__main__":
    cli.run(main)
