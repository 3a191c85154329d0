"""Synthesise a corpus's mini twin: ``python -m audiolab.bin.make_mini --corpus vcc2018 --dest downloads/mini``."""

from __future__ import annotations

from audiolab import cli
from audiolab.corpora.options import parse


def main() -> None:
    """Write the mini corpus in the corpus's own folder layout."""
    parser = cli.ArgumentParser(prog="make_mini", description=__doc__)
    parser.add_argument("--dest", required=True, help="folder to make")
    parser.add_argument("--seed", type=cli.count, default=0, help="of everything that is random in it")
    parser.add_argument("--nj", type=cli.positive, default=2, help="processes at a time; changes nothing else")
    corpus, args, sizes = parse(parser, "mini")
    corpus.make_mini(args.dest, sizes, args.seed, args.nj)


if __name__ == "__main__":
    cli.run(main)
