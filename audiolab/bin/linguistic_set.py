"""Make the set of linguistic features that data dirs need: ``linguistic_set --data DIR [DIR …] --out TABLE``.

It is the union over their languages, and so over all data that are ever to be told by it; with ``--base`` it begins
with the columns of another set, in their places.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from audiolab import cli
from audiolab.data.text_analysis import phones_of
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.text.linguistic_set import NEIGHBOURS, read_set, set_of, write_set

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = parse()
    if options.base:
        check_not_read(options.out, options.base)
    base = read_set(options.base) if options.base else None
    found = phones_of([DataDir(path) for path in options.data])
    made = set_of(found, options.phones or "by_language", _given(options.neighbours, NEIGHBOURS), base)
    write_set(options.out, made)
    logger.info("%s: %d columns, of %s", options.out, len(made), " ".join(made.languages))


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="linguistic_set", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, nargs="+", help="data dirs that analyse_text has been run on")
    parser.add_argument("--out", required=True, help="table to write, TSV")
    parser.add_argument(
        "--phones",
        choices=["by_language", "shared"],
        default=None,
        help="columns of phones: of each language its own (default), or one for each symbol of the IPA",
    )
    parser.add_argument(
        "--neighbours",
        type=cli.within(int, 0, NEIGHBOURS),
        default=None,
        help=f"segments on each side whose identity has columns, too, 0 to {NEIGHBOURS} (default); classes always have",
    )
    parser.add_argument("--base", default=None, help="table whose columns come first; what it lacks is appended")
    options = parser.parse_args(argv)
    if options.base and (options.phones is not None or options.neighbours is not None):
        raise AudiolabError("linguistic_set: --phones and --neighbours are those of --base; leave them out")
    return options


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


if __name__ == "__main__":
    cli.run(main)
