#!/usr/bin/env python3
"""Copy a data dir, giving the ids a prefix or a suffix."""

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.copy import copy_data_dir


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="copy_data_dir.py", description=__doc__)
    for what in ("utt", "spk"):
        for place in ("prefix", "suffix"):
            parser.add_argument(f"--{what}-{place}", default="", help=f"{place} of the {what} ids")
    parser.add_argument("source")
    parser.add_argument("destination")
    args = parser.parse_args()
    copy_data_dir(args.source, args.destination, args.utt_prefix, args.utt_suffix, args.spk_prefix, args.spk_suffix)
    print(f"copied {args.source} to {args.destination}")


if __name__ == "__main__":
    run(main)
