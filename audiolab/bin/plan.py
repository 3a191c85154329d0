"""What a recipe makes, in which order, by its local/phases.yaml (docs/plans.md).

python -m audiolab.bin.plan check PHASES --make PHASE … --set NAME=VALUE … --axes AXIS="VALUE …" …
python -m audiolab.bin.plan list PHASES --make … --stage STAGE --out TABLE [--listed TABLE]
python -m audiolab.bin.plan reads PHASES --make … --stage STAGE
python -m audiolab.bin.plan arrays TABLE
python -m audiolab.bin.plan run TABLE N [--step STEP [--to LAST]] [-- ARGUMENT …]
python -m audiolab.bin.plan made_with VERB TABLE
"""

from __future__ import annotations

import csv
import importlib
import sys

from audiolab.cli import ArgumentParser, configargparse, count, positive, run
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.plan.expansion import Plan
from audiolab.plan.phases import read_phases
from audiolab.plan.running import arrays, check_made, run_rows, runs_behind, write_tasks


def main() -> None:
    """Run the command."""
    given = sys.argv[1:]
    at = given.index("--") if "--" in given else len(given)
    options = _parser().parse_args(given[:at])
    if options.call == "arrays":
        for numbers, verb, phases in arrays(options.table):
            print(numbers, verb, *phases)
    elif options.call == "run":
        run_rows(options.table, options.number, options.step, given[at + 1 :], options.to)
    elif options.call == "made_with":
        print(*runs_behind(options.table, options.verb), sep="\n")
    else:
        plan = Plan(read_phases(options.phases), _pairs(options.set), _lists(options.axes), options.make)
        if options.call == "list":
            _list(plan, options)
        elif options.call == "reads":
            print(*dict.fromkeys(path for job in plan.targets_of(options.stage) for path in job.reads), sep="\n")
        elif options.parse:
            _parse(plan)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="audiolab.bin.plan", description=__doc__.splitlines()[0])
    calls = parser.add_subparsers(dest="call", required=True)
    check = calls.add_parser("check", help="say all that is wrong")
    listing = calls.add_parser("list", help="write the table of a stage's jobs")
    reads = calls.add_parser("reads", help="print what a stage's jobs read that is made by no job")
    for each in (check, listing, reads):
        each.add_argument("phases", help="the recipe's phases.yaml")
        each.add_argument("--make", nargs="+", required=True, metavar="PHASE", help="what is wanted, with all it needs")
        each.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="what {NAME} is in the phases")
        each.add_argument("--axes", nargs="*", default=[], metavar="AXIS=VALUES", help="an axis's values, by spaces")
    for each in (listing, reads):
        each.add_argument("--stage", required=True, help="whose jobs")
    check.add_argument("--parse", action="store_true", help="and what commands would say of their arguments")
    listing.add_argument("--out", required=True, help="table to write, a job a row")
    listing.add_argument("--listed", help="table to write of what is made, for later stages")
    for name, text in (("arrays", "print which rows may run at the same time"), ("run", "run a row")):
        each = calls.add_parser(name, help=text)
        each.add_argument("table", help="as 'list' writes it")
    each.add_argument("number", type=positive, help="of the row, from 1")
    each.add_argument("--step", type=count, default=0, help="run every so many rows from there on; 0: only this one")
    each.add_argument("--to", type=count, default=0, help="with --step: the last row that may be run; 0: the table's")
    made = calls.add_parser("made_with", help="print which folders of a verb those of a list stand on")
    made.add_argument("verb", help="command of audiolab.bin")
    made.add_argument("table", help="as 'list --listed' writes it")
    return parser


def _pairs(words: list[str]) -> dict[str, str]:
    """Return name -> value of ``NAME=VALUE`` words."""
    for word in words:
        if "=" not in word:
            raise AudiolabError(f"plan: '{word}' is not NAME=VALUE")
    return dict(word.split("=", 1) for word in words)


def _lists(words: list[str]) -> dict[str, list[str]]:
    return {name: values.split() for name, values in _pairs(words).items()}


def _list(plan: Plan, options: configargparse.Namespace) -> None:
    check_made(plan, options.stage)
    number = write_tasks(options.out, plan, options.stage)
    print(f"{options.out}: {number} jobs", file=sys.stderr)
    if options.listed:
        rows = [job.listed for job in plan.jobs.values() if job.listed]
        with atomic_write(options.listed) as file:
            columns = list(dict.fromkeys(column for row in rows for column in row))
            writer = csv.DictWriter(file, columns, "-", delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _parse(plan: Plan) -> None:
    """Raise for arguments that a command would refuse, of those that have a ``parse`` of their own.

    Of a phase's jobs one is tried of those with the same configs and numbers, which differ in names alone.
    """
    tried = set()
    for job in plan.jobs.values():
        told = (job.phase.name, *(word for word in job.words if word.endswith(".yaml") or _is_number(word)))
        if job.phase.verb and told not in tried:
            tried.add(told)
            command = importlib.import_module(f"audiolab.bin.{job.phase.verb}")
            parse = getattr(command, "parse", None)
            if parse and parse.__module__ == command.__name__:
                parse(job.words)


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).isdecimal()


if __name__ == "__main__":
    run(main)
