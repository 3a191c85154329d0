"""Synthesise a corpus's mini twin: ``python -m audiolab.bin.make_mini --corpus vcc2018 --dest downloads/mini``."""

from __future__ import annotations

from typing import Any

from audiolab import cli
from audiolab.config import add_arguments, from_namespace
from audiolab.corpora.base import get_corpus


def main() -> None:
    """Write the mini corpus in the corpus's own folder layout."""
    name = _parser(add_help=False, required=False).parse_known_args()[0].corpus
    corpus = None if name is None else get_corpus(name)  # which knows the further options
    parser = _parser()
    if corpus is not None:
        add_arguments(parser, corpus.mini)
    args: Any = parser.parse_args()
    corpus.make_mini(args.dest, from_namespace(corpus.mini, args), args.seed, args.nj)


def _parser(add_help: bool = True, required: bool = True) -> cli.ArgumentParser:
    parser = cli.ArgumentParser(prog="make_mini", description=__doc__, add_help=add_help)
    parser.add_argument("--corpus", required=required, help="its name; with it, --help tells its sizes too")
    parser.add_argument("--dest", required=required, help="folder to make")
    parser.add_argument("--seed", type=cli.count, default=0, help="of everything that is random in it")
    parser.add_argument("--nj", type=cli.positive, default=2, help="processes at a time; changes nothing else")
    return parser


if __name__ == "__main__":
    cli.run(main)
