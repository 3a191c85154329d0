"""Pack a trained model as one zip: ``python -m audiolab.bin.pack``; or the models behind what a recipe has scored."""

from __future__ import annotations

import logging
import typing
from pathlib import Path

from audiolab import cli
from audiolab.errors import AudiolabError
from audiolab.plan.running import runs_behind
from audiolab.report.packing import Verb, pack

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="pack", description=__doc__.splitlines()[0])
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", help="the training run's folder")
    which.add_argument("--listed", help="a recipe's scored.tsv: all runs that made what it lists, each as <run>.zip")
    parser.add_argument("--out", help="the zip to write, of --run")
    parser.add_argument("--verb", required=True, choices=typing.get_args(Verb), help="what the model does")
    parser.add_argument("--scores", default=None, help="scores.csv to put beside the model, with its scores.yaml")
    options = parser.parse_args()
    if bool(options.run) != bool(options.out):
        raise AudiolabError("pack: give --run and --out, or --listed")
    zips = {options.run: options.out} if options.run else {run: f"{run}.zip" for run in runs_behind(options.listed)}
    for run, out in zips.items():
        digests = pack(run, out, options.verb, options.scores)
        logger.info("%s: %d files, %.1f MB", out, len(digests) + 1, Path(out).stat().st_size / 1e6)


if __name__ == "__main__":
    cli.run(main)
