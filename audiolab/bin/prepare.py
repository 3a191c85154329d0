"""Make data dirs of a corpus: ``python -m audiolab.bin.prepare --corpus vcc2018 --db_root DIR --dest data``."""

from __future__ import annotations

from audiolab import cli
from audiolab.config import placed
from audiolab.corpora.options import parse
from audiolab.datadir.apart import check_apart


def main() -> None:
    """Make ``<dest>/<set>`` for each set of the corpus."""
    parser = cli.ArgumentParser(prog="prepare", description=__doc__)
    parser.add_argument("--db_root", required=True, help="where the corpus lies")
    parser.add_argument("--dest", required=True, help="folder of the data dirs")
    parser.add_argument("--nj", type=cli.positive, default=1, help="processes that read the recordings")
    corpus, args, config = parse(parser, "preparation")
    check_apart(args.db_root, args.dest)
    with placed(args):
        corpus.prepare(args.db_root, args.dest, config, args.nj)


if __name__ == "__main__":
    cli.run(main)
