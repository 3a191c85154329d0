"""Run a trained model over a data dir: ``python -m audiolab.bin.apply vc`` converts, ``se`` enhances, ``tts`` speaks.

With ``--nj N``, job ``--job K`` makes every N-th utterance; when all have, ``--join`` makes one data dir of them.
"""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Sequence

from audiolab import cli
from audiolab.datadir import parts
from audiolab.tasks import registry, running

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    found = parts.run(options, "apply", lambda part: options.applying.apply(options, part), but=["applying"])
    logger.info("%s: %d utterances", found.path, len(found.utterances))


def parse(argv: Sequence[str] | None = None) -> Namespace:
    """Return the options, and as ``applying`` the task's module; raises `AudiolabError` for what they cannot be."""
    task, arguments = registry.chosen("apply", argv)
    applying = registry.module(task, "apply")
    parser = cli.ArgumentParser(prog=f"apply {task.name}", description=f"Run a model: {task.title.lower()}.")
    running.add_options(parser, "data dir that it is run over")
    parts.add_options(parser, "jobs that make the data dir")
    applying.add_options(parser)
    options = parser.parse_args(arguments, Namespace(applying=applying))
    applying.read_options(options)
    return options


if __name__ == "__main__":
    cli.run(main)
