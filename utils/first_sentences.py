#!/usr/bin/env python3
"""The paper's evaluation set (§4.1): the first sentences that every source speaker reads in more than two seconds."""

from __future__ import annotations

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.subset import subset_data_dir
from audiolab.errors import AudiolabError


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="first_sentences.py", description=__doc__)
    parser.add_argument("source", help="data dir")
    parser.add_argument("dest", help="data dir to write")
    parser.add_argument("--count", type=cli.positive, default=5, help="sentences")
    parser.add_argument("--seconds", type=cli.at_least_zero, default=2.0, help="a sentence is longer than this")
    options = parser.parse_args()
    durations = DataDir(options.source).table("utt2dur")
    shortest: dict[str, float] = {}
    for utterance, duration in durations.items():
        sentence = utterance.rpartition("_")[2]
        shortest[sentence] = min(shortest.get(sentence, float("inf")), float(duration))
    chosen = [sentence for sentence in sorted(shortest) if shortest[sentence] > options.seconds][: options.count]
    if len(chosen) < options.count:
        raise AudiolabError(
            f"{options.source}: {len(chosen)} sentences are longer than {options.seconds:g} s with every speaker, "
            f"{options.count} are wanted; ask for fewer"
        )
    subset_data_dir(options.source, options.dest, [u for u in durations if u.rpartition("_")[2] in chosen])


if __name__ == "__main__":
    cli.run(main)
