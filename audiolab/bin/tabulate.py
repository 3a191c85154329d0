"""Write the result tables of an experiment from its scores: ``python -m audiolab.bin.tabulate``.

The header of their CSV tells which task they are of.
"""

from __future__ import annotations

from pathlib import Path

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.files import atomic_write
from audiolab.metrics.scores import read_conditions
from audiolab.tasks.registry import task_of
from audiolab.textfile import read_text


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="tabulate", description=__doc__)
    parser.add_argument("--scores", required=True, help="CSV of score; its YAML is read too")
    parser.add_argument("--out", required=True, help="Markdown file to write")
    parser.add_argument("--paper", default=None, help="the paper's tables, by tabs")
    parser.add_argument("--baseline", action="append", default=[], help="system to compare with; may be repeated")
    parser.add_argument("--note", action="append", default=[], help="line above the tables; may be repeated")
    parser.add_argument("--further", default=None, help="Markdown file whose text stands behind the tables, too")
    parser.add_argument("--expdir", default=None, help="folder of the experiment: how it was trained stands on top")
    parser.add_argument("--scored", default=None, help="list of what was scored; by default scored.tsv of --expdir")
    parser.add_argument("--seed", type=cli.count, default=0, help="seed of the bootstrap")
    options = parser.parse_args()
    conditions_of = Path(options.scores).with_suffix(".yaml")
    check_not_read(options.out, options.scores, conditions_of, *filter(None, (options.paper, options.further)))
    task = task_of(options.scores)
    scores = task.layout.read(options.scores)
    conditions = read_conditions(conditions_of)
    paper = task.read_paper(options.paper) if options.paper else []
    notes = [*options.note, *([_training(options.expdir, options.scored)] if options.expdir else [])]
    further = read_text(options.further) if options.further else ""
    with atomic_write(options.out) as file:
        file.write(task.results(scores, conditions, paper, options.baseline, options.seed, notes) + further)


def _training(expdir: str, scored: str | None) -> str:
    """Return the line that says how the runs that made what was scored were trained."""
    from audiolab.report.history import how_trained, read_run  # they load torch
    from audiolab.report.runs import by_run, find_runs, read_dirs

    folders, listed = find_runs(expdir), scored or f"{expdir}/scored.tsv"
    made = by_run(folders, read_dirs(listed), listed).keys() & folders.keys()
    facts = how_trained([read_run(folders[name]) for name in sorted(made)])
    told = "; ".join(f"{name.lower()} {facts[name]}" for name in ("Steps", "Commit", "Versions"))  # the same every time
    return f"Trained: runs {len(made)}; {told}."


if __name__ == "__main__":
    cli.run(main)
