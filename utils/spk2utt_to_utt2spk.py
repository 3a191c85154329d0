#!/usr/bin/env python3
"""Print a spk2utt table as utt2spk: spk2utt_to_utt2spk.py [SPK2UTT] > utt2spk."""

import sys

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.lists import read_bytes
from audiolab.datadir.relations import spk2utt_to_utt2spk
from audiolab.datadir.table import parse_table, put_table


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="spk2utt_to_utt2spk.py", description=__doc__)
    parser.add_argument("input", nargs="?", default="-", help="the table; standard input without it")
    args = parser.parse_args()
    put_table(sys.stdout, spk2utt_to_utt2spk(parse_table(read_bytes(args.input), "spk2utt")), "utt2spk")


if __name__ == "__main__":
    run(main)
