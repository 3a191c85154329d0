"""Make a listening test, or collect its answers: ``python -m audiolab.bin.listening_test make|collect``."""

from __future__ import annotations

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.named import parse_named_dirs
from audiolab.files import atomic_write
from audiolab.report.listening import write_test
from audiolab.tasks.vc.listening import draw, samples_of, scored_systems
from audiolab.tasks.vc.tables import TASK


def main() -> None:
    """Run the command."""
    commands = {"make": make, "collect": gather}
    name, arguments = cli.chosen("listening_test", commands, "command")
    commands[name](arguments)


def make(arguments: list[str]) -> None:
    """Write the page and its key."""
    parser = cli.ArgumentParser(prog="listening_test make", description="Write a listening test as one HTML file.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--systems", nargs="+", metavar="NAME=DIR", help="data dirs of converted speech, by system")
    which.add_argument("--scored", help="a recipe's scored.tsv: its trained systems, of their first seed")
    parser.add_argument("--data", required=True, help="data dir of the utterances that were converted")
    parser.add_argument("--reference", required=True, help="data dir of the targets' recordings")
    parser.add_argument("--out", required=True, help="the HTML file to write")
    parser.add_argument(
        "--key", required=True, help="the CSV to write that says what each sample is; keep it from listeners"
    )
    parser.add_argument(
        "--samples",
        type=cli.positive,
        help="samples that a listener rates; 15, or fewer where no utterance is to come twice",
    )
    parser.add_argument(
        "--utterances",
        type=cli.positive,
        default=25,
        help="the most that are drawn, each in the versions of all systems",
    )
    parser.add_argument("--leave_out", nargs="*", default=[], help="systems not to be heard; also: source, target")
    parser.add_argument("--seconds", type=cli.above_zero, default=5.0, help="longest sample [s]")
    parser.add_argument("--max_mb", type=cli.above_zero, default=25.0, help="largest page [MB]: so many utterances")
    parser.add_argument("--seed", type=cli.count, default=0, help="of the draw")
    parser.add_argument("--title", default="Listening test", help="title of the page; listeners see it")
    options = parser.parse_args(arguments)
    if options.scored:
        systems = scored_systems(TASK.read_runs(options.scored))
    else:
        systems = parse_named_dirs(options.systems, "--systems")
    samples = options.samples or samples_of(systems, options.leave_out)
    corpora = DataDir(options.data), DataDir(options.reference)
    pool = draw(systems, *corpora, options.utterances, options.seed, options.leave_out)
    test = write_test(pool, options.out, options.key, samples, options.title, options.seconds, options.max_mb)
    print(
        f"{options.out}: test {test.name}, {test.utterances} utterances in {test.systems} versions, {test.lists} lists "
        f"of {samples} samples, {test.size / 1e6:.1f} MB; key: {options.key}"
    )


def gather(arguments: list[str]) -> None:
    """Print the mean opinion scores."""
    from audiolab.metrics.table import Table, markdown
    from audiolab.report.opinions import OPINION_COLUMNS, collect  # it loads scipy, which making a test does not need

    parser = cli.ArgumentParser(
        prog="listening_test collect", description="Mean opinion scores with 95 % intervals, by system."
    )
    parser.add_argument("answers", nargs="+", help="the CSV files that listeners saved")
    parser.add_argument("--key", required=True, help="the CSV that was written with the page")
    parser.add_argument("--out", default=None, help="Markdown file to write the table to, too")
    options = parser.parse_args(arguments)
    if options.out:
        check_not_read(options.out, options.key, *options.answers)
    opinions, notes = collect(options.answers, options.key)
    table = markdown(Table(OPINION_COLUMNS, [vars(opinion) for opinion in opinions]))
    text = "\n\n".join([table, *notes])
    print(text)
    if options.out:
        with atomic_write(options.out) as file:
            file.write(f"{text}\n")


if __name__ == "__main__":
    cli.run(main)
