"""Run a trained model over a data dir: ``python -m audiolab.bin.apply vc`` converts it, ``apply se`` enhances mixtures.

With ``--nj N``, job ``--job K`` makes every N-th utterance; when all have, ``--join`` makes one data dir of them.
"""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Sequence

from audiolab import cli
from audiolab.errors import AudiolabError
from audiolab.tasks import registry
from audiolab.tasks.parts import Part, join

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    found = join(options.out, options.nj) if options.join else options.applying.apply(options, _part(options))
    logger.info("%s: %d utterances", found.path, len(found.utterances))


def parse(argv: Sequence[str] | None = None) -> Namespace:
    """Return the options, and as ``applying`` the task's module; raises `AudiolabError` for what they cannot be."""
    task, arguments = registry.chosen("apply", argv)
    applying = registry.module(task, "apply")
    parser = cli.ArgumentParser(prog=f"apply {task.name}", description=f"Run a model: {task.title.lower()}.")
    parser.add_argument("--model", required=True, help="folder of a training run, or its zip")
    parser.add_argument("--data", required=True, help="data dir that it is run over")
    parser.add_argument("--out", required=True, help="data dir to write")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--nj", type=cli.positive, default=1, help="jobs that make the data dir")
    parser.add_argument("--job", type=cli.positive, default=None, help="make the part of this job, of 1 to --nj")
    parser.add_argument("--join", action="store_true", help="join the parts, when all jobs are done")
    applying.add_options(parser)
    options = parser.parse_args(arguments, Namespace(applying=applying))
    applying.read_options(options)
    return options


def _part(options: Namespace) -> Part:
    job = options.job or 1
    if job > options.nj or (options.nj > 1 and options.job is None):
        raise AudiolabError(f"apply: with --nj {options.nj} give --job 1 to {options.nj} or, when all are done, --join")
    return Part(job, options.nj)


if __name__ == "__main__":
    cli.run(main)
