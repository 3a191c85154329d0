"""Make data dirs of your own recordings: ``python -m audiolab.bin.prepare_own --table recordings.tsv --dest data``."""

from __future__ import annotations

from audiolab import cli
from audiolab.corpora.own import prepare


def main() -> None:
    """Make ``<dest>/<set>`` for each set that the table has recordings for."""
    parser = cli.ArgumentParser(prog="prepare_own", description=__doc__)
    parser.add_argument("--table", required=True, help="TSV that lists the recordings (docs/data-formats.md)")
    parser.add_argument("--dest", required=True, help="folder of the data dirs")
    parser.add_argument("--nj", type=cli.positive, default=1, help="processes that read the recordings")
    args = parser.parse_args()
    prepare(args.table, args.dest, args.nj)


if __name__ == "__main__":
    cli.run(main)
