#!/usr/bin/env python3
"""Split a data dir into DIR/splitN/{1..N} for parallel jobs; a speaker is in one part only."""

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.split import split_data_dir


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="split_data.py", description=__doc__)
    parser.add_argument("--per-utt", action="store_true", help="split by utterances, into DIR/splitNutt/{1..N}")
    parser.add_argument("data_dir")
    parser.add_argument("num_jobs", type=int)
    args = parser.parse_args()
    split_data_dir(args.data_dir, args.num_jobs, args.per_utt)


if __name__ == "__main__":
    run(main)
