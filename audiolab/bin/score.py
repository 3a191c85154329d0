"""Score what systems made: ``python -m audiolab.bin.score vc`` converted, ``se`` enhanced speech, ``svs`` songs …

Reads a list of runs, writes one row an utterance (``scores.csv``) and, beside it under the same name, how they were
measured and what was refused (``scores.yaml``).
"""

from __future__ import annotations

from audiolab import cli
from audiolab.datadir.apart import check_not_read
from audiolab.metrics.judges import panel
from audiolab.tasks import registry
from audiolab.tasks.scoring import add_options, check_out, score


def main() -> None:
    """Run the command."""
    task, arguments = registry.chosen("score")
    scoring = registry.module(task, "scoring").Scoring
    parser = cli.ArgumentParser(prog=f"score {task.name}", description=f"Score: {task.title.lower()}.")
    add_options(parser, task)
    panel.add_options(parser)
    scoring.add_options(parser)
    options = parser.parse_args(arguments)
    check_not_read(options.out, options.runs)
    check_out(options.out, task)
    runs = task.read_runs(options.runs)
    judges = panel.make_panel(options, task.judges)
    score(scoring(options, runs), runs, judges, options)


if __name__ == "__main__":
    cli.run(main)
