#!/usr/bin/env python3
"""Print a utt2spk table as spk2utt: utt2spk_to_spk2utt.py [UTT2SPK] > spk2utt."""

import sys

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.lists import read_bytes
from audiolab.datadir.relations import utt2spk_to_spk2utt
from audiolab.datadir.table import parse_table, put_table


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="utt2spk_to_spk2utt.py", description=__doc__)
    parser.add_argument("input", nargs="?", default="-", help="the table; standard input without it")
    args = parser.parse_args()
    put_table(sys.stdout, utt2spk_to_spk2utt(parse_table(read_bytes(args.input), "utt2spk")), "spk2utt")


if __name__ == "__main__":
    run(main)
