"""Options of commands that are about a corpus: beside the command's own, those of a config that the corpus has."""

from __future__ import annotations

from typing import Any, Literal

from audiolab import cli
from audiolab.config import add_arguments, from_namespace
from audiolab.corpora.base import Corpus, get_corpus


def parse(parser: cli.ArgumentParser, of: Literal["mini", "preparation"]) -> tuple[Corpus, Any, Any]:
    """Return the corpus that ``--corpus`` names, the command's options, and the config of the others.

    Args:
        parser: With the command's own options; ``--corpus``, ``--config`` and one for each key of the config are added.
        of: Which of the corpus's configs.

    Raises:
        AudiolabError: An unknown corpus, option or value, with the nearest that is known.
    """
    early = cli.ArgumentParser(add_help=False)
    early.add_argument("--corpus")
    name = early.parse_known_args()[0].corpus
    parser.add_argument("--corpus", required=True, help="its name; with it, --help tells its own options too")
    if name is not None:
        add_arguments(parser, getattr(get_corpus(name), of))
    args = parser.parse_args()
    corpus = get_corpus(args.corpus)
    return corpus, args, from_namespace(getattr(corpus, of), args)
