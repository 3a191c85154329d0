#!/usr/bin/env python3
"""Repair a data dir: sort its tables, make ids unique and the same in all; the old tables are kept in .backup."""

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.fix import fix_data_dir


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="fix_data_dir.py", description=__doc__)
    parser.add_argument("--utt_extra_files", "--utt-extra-files", default="", help="further tables, keyed by utterance")
    parser.add_argument("--spk_extra_files", "--spk-extra-files", default="", help="further tables, keyed by speaker")
    parser.add_argument("data_dir")
    args = parser.parse_args()
    notes = fix_data_dir(args.data_dir, args.utt_extra_files.split(), args.spk_extra_files.split())
    for note in notes:
        print(note)
    if not notes:
        print(f"{args.data_dir}: nothing to repair")


if __name__ == "__main__":
    run(main)
