"""Pack a trained model as one zip: ``python -m audiolab.bin.pack``."""

from __future__ import annotations

import logging
import typing
from pathlib import Path

from audiolab import cli
from audiolab.report.packing import Verb, pack

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="pack", description=__doc__.splitlines()[0])
    parser.add_argument("--run", required=True, help="the training run's folder")
    parser.add_argument("--out", required=True, help="the zip to write")
    parser.add_argument("--verb", required=True, choices=typing.get_args(Verb), help="what the model does")
    parser.add_argument("--scores", default=None, help="scores.csv to put beside the model, with its scores.yaml")
    options = parser.parse_args()
    digests = pack(options.run, options.out, options.verb, options.scores)
    logger.info("%s: %d files, %.1f MB", options.out, len(digests) + 1, Path(options.out).stat().st_size / 1e6)


if __name__ == "__main__":
    cli.run(main)
