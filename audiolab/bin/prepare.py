"""Make data dirs of a corpus: ``python -m audiolab.bin.prepare --corpus vcc2018 --db_root DIR --dest data``."""

from __future__ import annotations

from audiolab import cli
from audiolab.corpora.base import get_corpus
from audiolab.datadir.apart import check_apart


def main() -> None:
    """Make ``<dest>/<set>`` for each set of the corpus."""
    parser = cli.ArgumentParser(prog="prepare", description=__doc__)
    parser.add_argument("--corpus", required=True, help="its name, as in egs/")
    parser.add_argument("--db_root", required=True, help="where the corpus lies")
    parser.add_argument("--dest", required=True, help="folder of the data dirs")
    parser.add_argument("--subsets", nargs="+", help="of librispeech: what to train on (default: train-clean-360)")
    parser.add_argument("--nj", type=cli.positive, default=1, help="processes that read the recordings")
    args = parser.parse_args()
    corpus = get_corpus(args.corpus)
    subsets = corpus.chosen(args.subsets)
    check_apart(args.db_root, args.dest)
    corpus.prepare(args.db_root, args.dest, nj=args.nj, **({"subsets": subsets} if subsets else {}))


if __name__ == "__main__":
    cli.run(main)
