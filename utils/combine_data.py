#!/usr/bin/env python3
"""Join data dirs into one; a table is joined where all of them have it."""

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.combine import combine_data_dirs


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="combine_data.py", description=__doc__)
    parser.add_argument("--extra-files", default="", help="further tables to join, separated by spaces")
    parser.add_argument("destination")
    parser.add_argument("sources", nargs="+")
    args = parser.parse_args()
    combined = combine_data_dirs(args.destination, args.sources, args.extra_files.split())
    print(f"{args.destination}: {len(combined.utterances)} utterances of {len(args.sources)} data dirs")


if __name__ == "__main__":
    run(main)
