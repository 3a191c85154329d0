"""Synthesise a corpus's mini twin: ``python -m audiolab.bin.make_mini --corpus vcc2018 --dest downloads/mini``."""

from __future__ import annotations

from audiolab import cli
from audiolab.corpora.base import get_corpus


def main() -> None:
    """Write the mini corpus in the corpus's own folder layout."""
    parser = cli.ArgumentParser(prog="make_mini", description=__doc__)
    parser.add_argument("--corpus", required=True, help="its name, as in egs/")
    parser.add_argument("--dest", required=True, help="folder to make")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of sentences and of the speakers")
    parser.add_argument("--nj", type=int, default=2, help="processes at a time; changes nothing else")
    parser.add_argument("--train_sentences", type=int, default=24, help="for each speaker")
    parser.add_argument("--eval_sentences", type=int, default=8, help="for each speaker")
    args = parser.parse_args()
    get_corpus(args.corpus).make_mini(
        args.dest,
        seed=args.seed,
        nj=args.nj,
        train_sentences=args.train_sentences,
        eval_sentences=args.eval_sentences,
    )


if __name__ == "__main__":
    cli.run(main)
