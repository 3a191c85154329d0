#!/usr/bin/env python3
"""Refuse pairs of speakers whom the corpus does not have, before anything is made of it.

local/check_pairs.py --corpus mini VCC2SF4:VCC2TF1 …    # real or mini, which stage -1 gets or makes
local/check_pairs.py --db_root recordings anna:ben …    # what lies there
"""

from collections.abc import Collection

from audiolab import cli
from audiolab.corpora.vcc2018_layout import find_takes, speaker_traits
from audiolab.corpora.vcc2018_mini import SPEAKERS
from audiolab.errors import AudiolabError, did_you_mean

REAL = [f"VCC2S{sex}{number}" for sex in "FM" for number in range(1, 5)] + [
    f"VCC2T{sex}{number}" for sex in "FM" for number in (1, 2)
]


def main() -> None:
    """Read the options; say what is wrong."""
    parser = cli.ArgumentParser(prog="check_pairs.py", description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", choices=["real", "mini"], help="whose speakers are known beforehand")
    parser.add_argument("--db_root", help="a corpus that is there")
    parser.add_argument("--both_ways", action="store_true", help="targets are converted to sources too")
    parser.add_argument("pairs", nargs="+", help="SOURCE:TARGET")
    args = parser.parse_args()
    if args.db_root:
        takes, where = find_takes(args.db_root), args.db_root
        read, kept = ({take.speaker for take in takes if take.set == name} for name in ("eval", "ref"))
    else:
        names, where = REAL if args.corpus == "real" else [speaker.name for speaker in SPEAKERS], "the corpus"
        read, kept = ({name for name in names if speaker_traits(name)[0] == role} for role in "ST")
    for pair in args.pairs:
        source, target = pair.split(":")
        check(f"--pairs {pair}: {where}", source, target, read, kept)
        if args.both_ways:
            check(f"--both_ways true: {where}", target, source, read, kept)


def check(where: str, source: str, target: str, read: Collection[str], kept: Collection[str]) -> None:
    """Raise where a speaker has no evaluation sentences to convert, or none to hold conversions against."""
    if source not in read:
        raise AudiolabError(f"{where} has no evaluation sentences of '{source}' to convert{did_you_mean(source, read)}")
    if target not in kept:
        raise AudiolabError(f"{where} has no references of '{target}' to compare with{did_you_mean(target, kept)}")


if __name__ == "__main__":
    cli.run(main)
