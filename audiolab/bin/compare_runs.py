"""Say by how much trainings are better than others: ``python -m audiolab.bin.compare_runs --before … --after …``.

Prints the gain in validation, of means over the runs of each side, positive where those after are better. With
``--least`` the status is 3 where the gain is not more than that, as loops of rounds ask.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from audiolab import cli
from audiolab.errors import AudiolabError
from audiolab.report.history import TrainingRun, read_run

logger = logging.getLogger(__name__)

NO_GAIN = 3
"""Exit status where there is no gain, which no error has."""


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="compare_runs", description=__doc__.splitlines()[0])
    parser.add_argument("--before", nargs="+", required=True, help="folders of training runs")
    parser.add_argument("--after", nargs="+", required=True, help="folders of training runs, of the same validation")
    parser.add_argument("--least", type=float, help="gain that is wanted; status 3 where it is not more")
    options = parser.parse_args()
    before, after = ([read_run(path) for path in paths] for paths in (options.before, options.after))
    metric, mode = metric_of([*before, *after])
    scores = [mean_best(runs, metric, mode) for runs in (before, after)]
    gain = (scores[1] - scores[0]) * (1 if mode == "max" else -1)
    logger.info("%s: %.6g before, %.6g after", metric, *scores)
    print(f"{gain:.6g}")
    if options.least is not None and not gain > options.least:
        sys.exit(NO_GAIN)


def metric_of(runs: Sequence[TrainingRun]) -> tuple[str, str]:
    """Return the metric by which all runs ranked their checkpoints, and whether ``min`` or ``max`` of it is good.

    Raises:
        AudiolabError: A run ranked none, or they ranked by different ones.
    """
    chosen = {}
    for run in runs:
        trainer = run.config.get("trainer") or {}
        found = (str(trainer.get("best") or ""), str(trainer.get("best_mode") or "min"))
        if not found[0]:
            raise AudiolabError(
                f"{run.path}/config.yaml: no trainer.best, the metric that runs are compared by; set it"
            )
        chosen.setdefault(found, run)
    if len(chosen) > 1:
        (one, first), (other, second) = list(chosen.items())[:2]
        raise AudiolabError(
            f"{first.path} is ranked by {' of '.join(one[::-1])}, {second.path} by {' of '.join(other[::-1])}; compare "
            "runs of one trainer.best"
        )
    return next(iter(chosen))


def mean_best(runs: Sequence[TrainingRun], metric: str, mode: str) -> float:
    """Return the mean over runs of the best value of a metric that validation gave; raises for a run without one."""
    best = []
    for run in runs:
        values = [value for value in run.history.series.get(("valid", metric), ((), ()))[1] if value == value]
        if not values:
            raise AudiolabError(f"{run.path}/history.csv: no {metric} of a validation; train it to one at least")
        best.append(float(max(values) if mode == "max" else min(values)))
    return sum(best) / len(best)


if __name__ == "__main__":
    cli.run(main)
