"""Score enhanced speech against the clean speech of its mixtures: ``python -m audiolab.bin.score_se``.

Reads a list of runs, writes one row an utterance (``scores.csv``) and, beside it under the same name, how they were
measured and what was refused (``scores.yaml``). The mixtures themselves are scored too, as the system ``noisy``.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from audiolab import cli
from audiolab.data.mixtures import MixtureDir
from audiolab.metrics.enhancement import CONDITIONS
from audiolab.metrics.judges.panel import add_options as add_judge_options
from audiolab.metrics.judges.panel import make_panel
from audiolab.metrics.scores import AS_IS
from audiolab.tasks.over_scale import over_scale
from audiolab.tasks.scoring import add_options, parse, write_scores
from audiolab.tasks.se.apply import CLIPPED
from audiolab.tasks.se.judging import judge_enhanced
from audiolab.tasks.se.scores import FURTHER, METRICS, NOISY, SE
from audiolab.tasks.se.scoring import Run, ScoredEnhancement, read_runs, score_runs

logger = logging.getLogger(__name__)

JUDGES = ("dnsmos", "words")


def main() -> None:
    """Run the command."""
    options = _options()
    runs = read_runs(options.runs)
    sets = {name: MixtureDir(Path(options.data) / name) for name in dict.fromkeys(run.set for run in runs)}
    panel = make_panel(options, JUDGES)
    scored = score_runs(runs, sets, options.nj)
    judged = judge_enhanced(scored.scores, runs, sets, panel, options.nj)
    clipped = over_scale(runs, CLIPPED)
    logger.info("files with samples over full scale, which are clipped: %s", clipped)
    refused = [*map(str, scored.refused), *judged.refused]
    conditions = _conditions(scored) | {"Files with samples over full scale, which are clipped": clipped}
    conditions |= panel.conditions(judged.asked)
    write_scores(options, SE, replace(scored, scores=judged.scores), conditions, refused, {})


def _options() -> Any:
    parser = cli.ArgumentParser(prog="score_se", description=__doc__.splitlines()[0])
    add_options(parser, Run, f"; the dir of {NOISY} is {AS_IS}, or it is not listed")
    add_judge_options(parser)
    parser.add_argument("--data", required=True, help="folder that holds the sets' mixture dirs by name")
    return parse(parser)


def _conditions(scored: ScoredEnhancement) -> dict[str, str]:
    columns = Counter(refused.column for refused in scored.refused)
    counted = ", ".join(
        f"{columns[metric.column]} {metric.name}" for metric in (*METRICS, *FURTHER) if columns[metric.column]
    )
    refused = f"{counted} of {len(scored.scores)} each, left out of means" if counted else "none"
    return {**CONDITIONS, "Refused": refused}


if __name__ == "__main__":
    cli.run(main)
