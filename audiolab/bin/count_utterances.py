"""Count utterances by set, language and speaker: ``python -m audiolab.bin.count_utterances --sets train=DIR …``."""

from __future__ import annotations

from audiolab import cli
from audiolab.datadir.named import parse_named_dirs
from audiolab.files import atomic_write
from audiolab.metrics.table import markdown
from audiolab.tasks.tts.corpora import utterances_table


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="count_utterances", description=__doc__.partition(":")[0] + ".")
    parser.add_argument(
        "--sets", nargs="+", required=True, metavar="NAME=DIR", help="data dirs; those of one name are one set"
    )
    parser.add_argument("--out", default=None, help="Markdown file to write the table to, too")
    options = parser.parse_args()
    text = markdown(utterances_table(parse_named_dirs(options.sets, "--sets")))
    print(text)
    if options.out:
        with atomic_write(options.out) as file:
            file.write(f"{text}\n")


if __name__ == "__main__":
    cli.run(main)
