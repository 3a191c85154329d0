"""Merge the tables that parallel jobs wrote into one, sorted: ``python -m audiolab.bin.join_scp``."""

from __future__ import annotations

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.arkio import join_scp


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="join_scp", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", help="tables of the jobs: feats.1.scp feats.2.scp …, or utt2num_frames.1 …")
    parser.add_argument("--out", required=True, help="the table to write: feats.scp")
    options = parser.parse_args()
    check_not_read(options.out, *options.parts)
    join_scp(options.parts, options.out)


if __name__ == "__main__":
    cli.run(main)
