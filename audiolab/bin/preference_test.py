"""Make a preference test, or count its votes: ``python -m audiolab.bin.preference_test make|collect``."""

from __future__ import annotations

import numpy as np

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.files import atomic_write
from audiolab.metrics.table import markdown
from audiolab.report.preferences import VOTE_COLUMNS, VOTES, collect, preference_table, write_test
from audiolab.tasks.tts.preference import draw, parse_comparisons
from audiolab.tasks.tts.tables import TASK


def main() -> None:
    """Run the command."""
    commands = {"make": make, "collect": gather}
    name, arguments = cli.chosen("preference_test", commands, "command")
    commands[name](arguments)


def make(arguments: list[str]) -> None:
    """Write the folder of a test and its key."""
    parser = cli.ArgumentParser(
        prog="preference_test make", description="Write pairs of sentences by two systems, and which are which apart."
    )
    parser.add_argument("--scored", required=True, help="list of what was scored: system seed language speaker dir")
    parser.add_argument("--compare", nargs="+", required=True, metavar="A:B", help="systems that are compared")
    parser.add_argument("--out", required=True, help="folder to write: wav/ and manifest.csv")
    parser.add_argument("--key", required=True, help="the CSV to write that says what is heard; keep it from listeners")
    parser.add_argument(
        "--sentences", type=cli.positive, default=100, help="the most of a comparison and a voice; the paper has 100"
    )
    parser.add_argument("--languages", nargs="*", default=[], help="those that are heard; not given: all")
    parser.add_argument("--seed", type=cli.count, default=0, help="of all that is drawn")
    options = parser.parse_args(arguments)
    check_not_read(options.key, options.scored)
    generator = np.random.default_rng(options.seed)
    runs, comparisons = TASK.read_runs(options.scored), parse_comparisons(options.compare)
    pairs = draw(runs, comparisons, options.sentences, generator, options.languages)
    test = write_test(pairs, options.out, options.key, generator)
    columns = ",".join(VOTE_COLUMNS)
    print(
        f"{options.out}: test {test}, {len(pairs)} pairs; votes are to be a CSV {columns}, the vote one of "
        f"{', '.join(VOTES)}; key: {options.key}"
    )


def gather(arguments: list[str]) -> None:
    """Print shares of votes and which differences are significant."""
    parser = cli.ArgumentParser(prog="preference_test collect", description="Shares of votes, and a sign test of them.")
    parser.add_argument("votes", nargs="+", help=f"CSV files of listeners, with the columns {','.join(VOTE_COLUMNS)}")
    parser.add_argument("--key", required=True, help="the CSV that was written with the test")
    parser.add_argument("--out", default=None, help="Markdown file to write the table to, too")
    options = parser.parse_args(arguments)
    if options.out:
        check_not_read(options.out, options.key, *options.votes)
    text = markdown(preference_table(collect(options.votes, options.key)))
    print(text)
    if options.out:
        with atomic_write(options.out) as file:
            file.write(f"{text}\n")


if __name__ == "__main__":
    cli.run(main)
