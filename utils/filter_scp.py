#!/usr/bin/env python3
"""Print the lines of a table whose ids a list has: filter_scp.py [--exclude] [-f N] LIST [IN] > OUT."""

import sys

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.lists import filter_lines, read_ids, read_lines


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="filter_scp.py", description=__doc__)
    parser.add_argument("--exclude", action="store_true", help="print the lines whose ids the list does not have")
    parser.add_argument("-f", type=int, default=1, metavar="N", help="the id is the N-th field")
    parser.add_argument("list", help="a file whose first fields are ids")
    parser.add_argument("input", nargs="?", default="-", help="the table; standard input without it")
    args = parser.parse_args()
    kept = filter_lines(read_lines(args.input), read_ids(args.list), args.f, args.exclude, args.input)
    sys.stdout.writelines(f"{line}\n" for line in kept)


if __name__ == "__main__":
    run(main)
