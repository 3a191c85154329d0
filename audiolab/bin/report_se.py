"""Write the HTML report of a speech enhancement experiment: ``python -m audiolab.bin.report_se``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiolab import cli
from audiolab.data.mixtures import MixtureDir
from audiolab.errors import AudiolabError
from audiolab.report.experiment import add_options, read_experiment, scored_list, write_report
from audiolab.tasks.se.page import Enhancement, report
from audiolab.tasks.se.scoring import read_runs


def main() -> None:
    """Run the command."""
    options = _options()
    scored = read_runs(scored_list(options))
    experiment = read_experiment(options, scored)
    decided = [Path(path) for path in (options.source_decisions, options.target_decisions) if path]
    given = Enhancement(
        scored=scored,
        sets={name: MixtureDir(Path(options.data) / name) for name in dict.fromkeys(run.set for run in scored)},
        paper=Path(options.paper) if options.paper else None,
        baselines=options.baseline,
        decisions=(decided[0], decided[1]) if decided else None,
        percent=options.percent,
    )
    write_report(experiment, report(experiment, given))


def _options() -> Any:
    parser = cli.ArgumentParser(prog="report_se", description=__doc__.splitlines()[0])
    add_options(parser, "score_se", "set", utterances=3, seconds=6.0, max_mb=20.0)
    parser.add_argument("--data", required=True, help="folder that holds the sets' mixture dirs by name")
    parser.add_argument("--paper", default="", help="the paper's tables, by tabs")
    parser.add_argument("--source_decisions", default="", help="table of rank_domains over the source's mixtures")
    parser.add_argument("--target_decisions", default="", help="the same over the target's")
    parser.add_argument("--percent", type=float, default=30.0, help="of the source that was taken as most target-like")
    options = parser.parse_args()
    if bool(options.source_decisions) != bool(options.target_decisions):
        raise AudiolabError("report_se: give both --source_decisions and --target_decisions, or neither")
    if not 0 < options.percent <= 100:
        raise AudiolabError(f"--percent {options.percent}: give one above 0, at most 100")
    return options


if __name__ == "__main__":
    cli.run(main)
