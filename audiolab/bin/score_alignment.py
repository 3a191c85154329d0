"""Compare an alignment with a true one: ``python -m audiolab.bin.score_alignment --ctm FILE --truth FILE``.

Prints, in Markdown, how far the boundaries lie off: median, mean, bias (the median with its sign), and the share within
10, 20 and 50 ms; and how many pauses between phones both have, the truth alone, and the alignment alone.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from audiolab import cli
from audiolab.align.boundaries import SILENCES, WITHIN_MS, Boundaries, compare
from audiolab.align.hts_times import read_lab
from audiolab.align.textgrid import read_textgrid
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.ctm import Segment, read_ctm
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.table import Column, Table, markdown

logger = logging.getLogger(__name__)

COLUMNS = [
    Column("group", "utterances of"),
    Column("utterances", "utterances"),
    Column("boundaries", "boundaries"),
    Column("median", "median", "ms", 1, arrow="lower"),
    Column("mean", "mean", "ms", 1, arrow="lower"),
    Column("bias", "bias", "ms", 1),
    *(Column(f"within_{limit}", f"within {limit} ms", "%", 1, arrow="higher") for limit in WITHIN_MS),
    Column("pauses", "pauses in both"),
    Column("missed", "missed"),
    Column("added", "added"),
]
"""Of the table, and of the CSV of ``--out``."""


def main() -> None:
    """Run the command."""
    options = parse()
    tables = [path for path in (options.map, options.by) if path]
    if options.out:
        check_not_read(options.out, options.ctm, *options.truth, *tables)
    names = read_table(options.map) if options.map else {}
    groups = read_table(options.by) if options.by else {}
    found, truth = read_ctm(options.ctm), read_truth(options.truth, options.tier)
    if options.by and (strange := sorted(found.keys() - groups.keys())):
        raise AudiolabError(f"{options.by}: no entry for '{strange[0]}'")
    there = options.truth[0] if len(options.truth) == 1 else f"the {len(options.truth)} files of --truth"
    wanted = truth.keys() & groups.keys() if options.by else truth.keys()  # a truth may be of further sets, too
    if not found.keys() & wanted:
        raise AudiolabError(f"{options.ctm}: no utterance of it is in {there}")
    for path, alone in ((options.ctm, found.keys() - wanted), (there, wanted - found.keys())):
        if alone:
            logger.warning("only in %s: %d utterances, such as %s; left out", path, len(alone), min(alone))
    compared = {
        name: compare(found[name], truth[name], name, options.silences, names) for name in sorted(found.keys() & wanted)
    }
    rows = _rows(compared, groups)
    print(markdown(Table(COLUMNS, rows)))
    if options.out:
        with atomic_write(options.out) as file:
            writer = csv.DictWriter(file, [column.key for column in COLUMNS], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _rows(compared: Mapping[str, Boundaries], groups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows of the table: one of all utterances, and one of each group."""
    sums: dict[str, tuple[list[str], Boundaries]] = {}
    for utterance, of_one in compared.items():
        for group in {"all", groups.get(utterance, "all")}:
            ids, total = sums.setdefault(group, ([], Boundaries()))
            ids.append(utterance)
            total += of_one
    return [{"group": name, "utterances": len(ids), **total.summary()} for name, (ids, total) in sorted(sums.items())]


def read_truth(paths: Sequence[str], tier: str) -> dict[str, list[Segment]]:
    """Return the segments of ctms, and of the files that tables, ``.scp``, name: ``.TextGrid`` or ``.lab``.

    Args:
        paths: The ctms and tables.
        tier: Which tier of a TextGrid has the phones.

    Raises:
        AudiolabError: A file is missing or wrong, of another kind, or without the tier; an utterance is in two of them.
    """
    truth: dict[str, list[Segment]] = {}
    for path in paths:
        if Path(path).suffix == ".scp":
            of_one = {name: _read_labels(entry, tier, f"{path}: {name}") for name, entry in read_table(path).items()}
        else:
            of_one = read_ctm(path)
        twice = truth.keys() & of_one.keys()
        if twice:
            raise AudiolabError(f"{path}: '{min(twice)}' stands in another --truth, too; leave one of them out")
        truth |= of_one
    return truth


def _read_labels(path: str, tier: str, where: str) -> list[Segment]:
    suffix = Path(path).suffix.lower()
    if suffix == ".lab":
        return read_lab(path)
    if suffix != ".textgrid":
        raise AudiolabError(f"{where}: '{path}' ends neither in .TextGrid nor in .lab")
    tiers = read_textgrid(path)
    if tier not in tiers:
        raise AudiolabError(f"{path}: no tier '{tier}'; give --tier, one of: {', '.join(tiers)}")
    return tiers[tier]


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="score_alignment", description=__doc__.splitlines()[0])
    parser.add_argument("--ctm", required=True, help="the alignment")
    parser.add_argument(
        "--truth",
        required=True,
        nargs="+",
        help="ctms, or a table <utt> <path>, named .scp, of .TextGrid or .lab files",
    )
    parser.add_argument("--tier", default="phones", help="tier of a TextGrid that has the phones")
    parser.add_argument("--map", default=None, help="table: symbol in the truth, symbol in the ctm")
    parser.add_argument("--silences", nargs="+", default=list(SILENCES), help="what is no phone, in either")
    parser.add_argument(
        "--by",
        default=None,
        help="table of utterances, such as utt2spk: a row for each group, too; the truth may have more of them",
    )
    parser.add_argument("--out", default=None, help="CSV to write, too")
    return parser.parse_args(argv)


if __name__ == "__main__":
    cli.run(main)
