#!/usr/bin/env python3
"""Split the evaluation sentences into those that choices are made on and those that are reported: EVAL_dev, EVAL_test.

The paper names one evaluation set. Sentences that a setting was chosen on say too much good of it.
"""

from __future__ import annotations

from audiolab import cli
from audiolab.corpora.vcc2018_parts import split_evaluation
from audiolab.errors import AudiolabError


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="split_eval.py", description=__doc__.splitlines()[0])
    parser.add_argument("eval", help="data dir of all evaluation sentences")
    parser.add_argument("--db_root", required=True, help="the corpus, which may list the sentences for choices")
    parser.add_argument("--dev", default="", help="so many, the last ones; empty: what the corpus lists, or ten")
    parser.add_argument("--part", default="test", help="which one is wanted and so must not be empty: dev, test, all")
    options = parser.parse_args()
    if options.dev and not options.dev.isdecimal():
        raise AudiolabError(f"--dev_sentences {options.dev}: give a whole number, not negative")
    parts = split_evaluation(options.eval, options.db_root, int(options.dev) if options.dev else None)
    if not parts.get(options.part, True):
        raise AudiolabError(f"--eval_part {options.part}: {options.db_root} has no such sentences; see --dev_sentences")
    print(", ".join(f"{options.eval}_{part}: {len(sentences)} sentences" for part, sentences in parts.items()))


if __name__ == "__main__":
    cli.run(main)
