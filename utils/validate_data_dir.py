#!/usr/bin/env python3
"""Check a data dir: print everything that is wrong with it, one fault a line, then a summary."""

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="validate_data_dir.py", description=__doc__)
    for name in ("feats", "text", "wav"):
        parser.add_argument(f"--no-{name}", action="store_true", help=f"{name} need not be there; checked if it is")
    parser.add_argument("--no-spk-sort", action="store_true", help="speakers need not be in the utterances' order")
    parser.add_argument("--non-print", action="store_true", help="allow unprintable characters in text")
    parser.add_argument("--read-audio", action="store_true", help="read all audio: NaN, infinite, silent samples")
    parser.add_argument("--allow-pipes", action="store_true", help="run the commands that tables hold, and check them")
    parser.add_argument("data_dir")
    args = parser.parse_args()
    faults = validate(
        args.data_dir,
        feats=not args.no_feats,
        text=not args.no_text,
        wav=not args.no_wav,
        spk_sort=not args.no_spk_sort,
        non_print=args.non_print,
        read_audio=args.read_audio,
        allow_pipes=args.allow_pipes,
    )
    for fault in faults:
        print(fault)
    fatal = sum(fault.fatal for fault in faults)
    if fatal:
        raise AudiolabError(f"{args.data_dir}: {fatal} faults, {len(faults) - fatal} warnings; not a valid data dir")
    print(f"{args.data_dir}: valid, {len(faults)} warnings")


if __name__ == "__main__":
    run(main)
