#!/usr/bin/env python3
"""Copy a part of a data dir.

    subset_data_dir.py [--per-spk|--speakers|--shortest|--first|--last] SOURCE NUMBER DESTINATION
    subset_data_dir.py {--spk-list FILE|--utt-list FILE} SOURCE DESTINATION

Without an option the utterances are spread over the whole data dir.
"""

from argparse import RawDescriptionHelpFormatter

from audiolab.cli import ArgumentParser, count, run
from audiolab.datadir import subset
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.lists import read_ids
from audiolab.datadir.relations import utt2spk_to_spk2utt
from audiolab.datadir.table import parse_count
from audiolab.errors import AudiolabError


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="subset_data_dir.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--per-spk", action="store_true", help="NUMBER utterances of each speaker")
    how.add_argument("--speakers", action="store_true", help="whole speakers, at random, until NUMBER utterances")
    how.add_argument("--shortest", action="store_true", help="the NUMBER shortest utterances")
    how.add_argument("--first", action="store_true", help="the first NUMBER utterances")
    how.add_argument("--last", action="store_true", help="the last NUMBER utterances")
    how.add_argument("--spk-list", metavar="FILE", help="the speakers that FILE lists")
    how.add_argument("--utt-list", metavar="FILE", help="the utterances that FILE lists")
    parser.add_argument("--seed", type=count, default=0, help="of --speakers")
    parser.add_argument("arguments", nargs="+", metavar="SOURCE [NUMBER] DESTINATION")
    args = parser.parse_args()
    listed = bool(args.spk_list or args.utt_list)
    if len(args.arguments) != (2 if listed else 3):
        wanted = "SOURCE DESTINATION" if listed else "SOURCE NUMBER DESTINATION"
        raise AudiolabError(f"subset_data_dir.py: the arguments are to be {wanted} (see --help)")
    source = DataDir(args.arguments[0])
    chosen = _listed(args, source) if listed else _chosen(args, source, args.arguments[1])
    made = subset.subset_data_dir(source.path, args.arguments[-1], chosen)
    print(f"{made.path}: {len(made.utterances)} of {len(source.utterances)} utterances")


def _listed(args, source: DataDir) -> list[str]:  # noqa: ANN001
    utt2spk = source.table("utt2spk")
    if args.utt_list:
        return [u for u in read_ids(args.utt_list) if u in utt2spk]
    speakers = set(read_ids(args.spk_list))
    return [utterance for utterance, speaker in utt2spk.items() if speaker in speakers]


def _chosen(args, source: DataDir, number: str) -> list[str]:  # noqa: ANN001
    count = parse_count(number)
    if count is None:
        raise AudiolabError(f"subset_data_dir.py: NUMBER is a count of utterances, not '{number}'")
    if args.shortest:
        return subset.shortest(source, count)
    if args.per_spk or args.speakers:
        spk2utt = utt2spk_to_spk2utt(dict(sorted(source.table("utt2spk").items())))
        return subset.per_speaker(spk2utt, count) if args.per_spk else subset.whole_speakers(spk2utt, count, args.seed)
    choose = subset.first if args.first else subset.last if args.last else subset.spread
    return choose(source.utterances, count)


if __name__ == "__main__":
    run(main)
