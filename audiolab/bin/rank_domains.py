"""Rank mixtures by a domain classifier, or draw some: ``python -m audiolab.bin.rank_domains --model exp/… --data DIR``.

Writes with ``--out`` a table of all mixtures and their probability of the target domain, and with ``--pool`` a list of
those that are most like the target, for ``data_conf.source_pool``. ``--random SEED`` draws the list, without a model.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audiolab import cli
from audiolab.data.mixtures import MixtureDir
from audiolab.data.ranking import at_random, decisions, most_alike
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.lists import write_lines
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError
from audiolab.inference import load

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    mixtures = MixtureDir(options.data)
    if options.random is not None:
        chosen = at_random(mixtures.ids, options.percent, np.random.default_rng(options.random))
    else:
        model = load(options.model, options.device, does="target_probability")
        found = decisions(model, mixtures, options.batch_size, options.nj)
        chosen = most_alike(found, options.percent)
        if options.out:
            write_table(options.out, {name: f"{probability:.17g}" for name, probability in found.items()})
        taken = np.mean([probability > 0.5 for probability in found.values()])
        logger.info("%s: %d mixtures, %.1f %% taken for the target domain", options.data, len(found), 100 * taken)
    if options.pool:
        write_lines(options.pool, chosen)
        logger.info("%s: %d of %d mixtures", options.pool, len(chosen), len(mixtures))


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    options = _parser().parse_args(argv)
    _check(options)
    return options


def _parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(prog="rank_domains", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="mixture dir")
    parser.add_argument("--model", help="training run of a domain classifier, or its zip")
    parser.add_argument("--random", type=cli.count, help="draw the list by this seed, in place of --model")
    parser.add_argument("--out", help="table to write: <id> <probability of the target domain>")
    parser.add_argument("--pool", help="list to write: ids, one a line")
    parser.add_argument("--percent", type=float, default=30.0, help="of the mixtures that the list holds")
    parser.add_argument("--batch_size", type=cli.positive, default=32, help="mixtures of one length at a time")
    parser.add_argument("--nj", type=cli.positive, default=1, help="threads that read")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    return parser


def _check(options: cli.configargparse.Namespace) -> None:
    if (options.model is None) == (options.random is None):
        raise AudiolabError("rank_domains: give either --model or --random")
    if not (options.pool or options.out) or (options.out and options.model is None):
        raise AudiolabError("rank_domains: give --pool, or with --model --out, or both")
    if options.out and options.pool and Path(options.out).resolve() == Path(options.pool).resolve():
        raise AudiolabError(f"rank_domains: {options.out}: --out and --pool are the same file; give two")
    for made in filter(None, (options.out, options.pool)):
        check_not_read(made, *Path(options.data).glob("*"), *([options.model] if options.model else []))
    if not 0 < options.percent <= 100:
        raise AudiolabError(f"rank_domains: --percent {options.percent:g}: give one above 0 and at most 100")


if __name__ == "__main__":
    cli.run(main)
