#!/usr/bin/env python3
"""Split a table, or any file of lines, into parts.

    split_scp.py [--utt2spk FILE] IN OUT1 OUT2 …
    split_scp.py -j JOBS JOB [--one-based] [--utt2spk FILE] IN [OUT]

With --utt2spk no speaker is divided. JOB counts from 0, with --one-based from 1; without OUT its part is printed.
"""

import sys
from argparse import RawDescriptionHelpFormatter

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.lists import read_lines, split_line_list, write_lines
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="split_scp.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--utt2spk", metavar="FILE", help="speakers, who are not divided")
    parser.add_argument("-j", nargs=2, type=int, metavar=("JOBS", "JOB"), help="make one part of JOBS only")
    parser.add_argument("--one-based", action="store_true", help="-j counts from 1")
    parser.add_argument("input", metavar="IN")
    parser.add_argument("outputs", nargs="*", metavar="OUT")
    args = parser.parse_args()
    for path in args.outputs:
        check_not_read(path, args.input, *([args.utt2spk] if args.utt2spk else []))
    lines = read_lines(args.input)
    utt2spk = read_table(args.utt2spk) if args.utt2spk else None
    if args.j is None:
        if not args.outputs:
            raise AudiolabError("split_scp.py: name the files to write, or use -j (see --help)")
        for path, part in zip(args.outputs, split_line_list(lines, len(args.outputs), utt2spk)):
            write_lines(path, part)
        return
    jobs, job = args.j[0], args.j[1] - args.one_based
    if not 0 <= job < jobs or len(args.outputs) > 1:
        raise AudiolabError(f"split_scp.py: -j {args.j[0]} {args.j[1]} with {len(args.outputs)} outputs (see --help)")
    part = split_line_list(lines, jobs, utt2spk)[job]
    if args.outputs:
        write_lines(args.outputs[0], part)
    else:
        sys.stdout.writelines(f"{line}\n" for line in part)


if __name__ == "__main__":
    run(main)
