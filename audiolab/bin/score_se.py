"""Score enhanced speech against the clean speech of its mixtures: ``python -m audiolab.bin.score_se``.

Reads a list of runs, writes one row an utterance (``scores.csv``) and, beside it under the same name, how they were
measured and what was refused (``scores.yaml``). The mixtures themselves are scored too, as the system ``noisy``.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import fields
from pathlib import Path

import yaml

from audiolab import cli
from audiolab.data.mixtures import MixtureDir
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.enhancement import CONDITIONS
from audiolab.metrics.se_runs import MIXTURES, Run, Scored, read_runs, score_runs
from audiolab.metrics.se_scores import METRICS, NOISY, SE

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = _parser().parse_args()
    if options.nj < 1:
        raise AudiolabError(f"--nj {options.nj}: give 1 or more")
    runs = read_runs(options.runs)
    sets = {name: MixtureDir(Path(options.data) / name) for name in dict.fromkeys(run.set for run in runs)}
    scored = score_runs(runs, sets, options.nj)
    for message in scored.failures:
        logger.warning("failed: %s", message)
    for refused in scored.refused:
        logger.warning("refused: %s", refused)
    if scored.failures and not options.allow_failures:
        raise AudiolabError(
            f"{len(scored.failures)} recordings could not be used, the first: {scored.failures[0]}; "
            "nothing was written: mend them, or score the others with --allow_failures"
        )
    if not scored.scores:
        raise AudiolabError(f"{options.runs}: not one utterance could be scored")
    SE.write(options.out, scored.scores)
    with atomic_write(Path(options.out).with_suffix(".yaml")) as file:
        yaml.safe_dump(_report(scored), file, sort_keys=False, allow_unicode=True, width=120)
    logger.info(
        "%d utterances scored, %d failures, %d scores refused: %s",
        len(scored.scores), len(scored.failures), len(scored.refused), options.out,
    )  # fmt: skip


def _parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(prog="score_se", description=__doc__.splitlines()[0])
    columns = " ".join(field.name for field in fields(Run))
    parser.add_argument(
        "--runs",
        required=True,
        help=f"list of runs, by tabs, with the header {columns}; the dir of {NOISY} is {MIXTURES}, or it is not listed",
    )
    parser.add_argument("--data", required=True, help="folder that holds the sets' mixture dirs by name")
    parser.add_argument(
        "--out", required=True, help="the CSV to write; a YAML of the same name says how it was measured"
    )
    parser.add_argument("--nj", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--allow_failures", action="store_true", help="write the scores of what could be read")
    return parser


def _report(scored: Scored) -> dict:
    """Return what ``scores.yaml`` holds; ``conditions`` are printed under the tables as they stand."""
    columns = Counter(refused.column for refused in scored.refused)
    counted = ", ".join(f"{columns[metric.column]} {metric.name}" for metric in METRICS if columns[metric.column])
    conditions = dict(CONDITIONS)
    conditions["Refused"] = f"{counted} of {len(scored.scores)} each, left out of means" if counted else "none"
    if scored.failures:
        conditions["Failures"] = f"{len(scored.failures)}, left out"
    return {
        "conditions": conditions,
        "refused": [str(refused) for refused in scored.refused],
        "failures": scored.failures,
    }


if __name__ == "__main__":
    cli.run(main)
