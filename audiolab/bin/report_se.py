"""Write the HTML report of a speech enhancement experiment: ``python -m audiolab.bin.report_se``."""

from __future__ import annotations

import logging
from pathlib import Path

from audiolab import cli
from audiolab.data.mixtures import MixtureDir
from audiolab.errors import AudiolabError
from audiolab.metrics.se_runs import read_runs
from audiolab.report import page
from audiolab.report.history import choose_runs, find_runs
from audiolab.report.se import Experiment, report

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = _parser().parse_args()
    if bool(options.source_decisions) != bool(options.target_decisions):
        raise AudiolabError("report_se: give both --source_decisions and --target_decisions, or neither")
    if not 0 < options.percent < 100:
        raise AudiolabError(f"--percent {options.percent}: give one between 0 and 100")
    every, scored = find_runs(options.expdir), read_runs(options.scored or Path(options.expdir) / "scored.tsv")
    sets = {name: MixtureDir(Path(options.data) / name) for name in dict.fromkeys(run.set for run in scored)}
    decided = [Path(path) for path in (options.source_decisions, options.target_decisions) if path]
    out = Path(options.out)
    experiment = Experiment(
        runs=choose_runs(every, options.runs, options.max_runs),
        total_runs=len(every),
        scored=scored,
        sets=sets,
        scores=Path(options.scores),
        out=out,
        paper=Path(options.paper) if options.paper else None,
        baseline=options.baseline,
        decisions=(decided[0], decided[1]) if decided else None,
        percent=options.percent,
        facts={"Experiment": Path(options.expdir).name} | ({"Corpora": options.corpus} if options.corpus else {}),
    )
    title = options.title or f"Report: {Path(options.expdir).name}"
    text = report(experiment, title, options.utterances, options.seconds, round(options.max_mb * 1e6))
    page.write(out, text)
    logger.info("%s: %.1f MB", out, len(text.encode()) / 1e6)


def _parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(prog="report_se", description=__doc__.splitlines()[0])
    parser.add_argument("--expdir", required=True, help="the experiment, a folder of training runs")
    parser.add_argument("--scored", help="list of runs that score_se read; the experiment's scored.tsv when not given")
    parser.add_argument("--data", required=True, help="folder that holds the sets' mixture dirs by name")
    parser.add_argument("--scores", required=True, help="scores.csv of score_se, beside its scores.yaml")
    parser.add_argument("--out", required=True, help="the HTML file to write")
    parser.add_argument("--paper", default="", help="the paper's tables, by tabs")
    parser.add_argument("--baseline", default="", help="system to which the others are compared")
    parser.add_argument("--source_decisions", default="", help="table of rank_domains over the source's mixtures")
    parser.add_argument("--target_decisions", default="", help="the same over the target's")
    parser.add_argument("--percent", type=float, default=30.0, help="of the source that was taken as most target-like")
    parser.add_argument("--runs", nargs="*", default=[], help="training runs to show in detail; all when not given")
    parser.add_argument("--max_runs", type=int, default=12, help="most runs to show in detail")
    parser.add_argument("--title", default="", help="title of the page")
    parser.add_argument("--corpus", default="", help="names of the corpora, for the top of the page")
    parser.add_argument("--utterances", type=int, default=3, help="most utterances of a set to listen to")
    parser.add_argument("--seconds", type=float, default=6.0, help="longest clip [s]")
    parser.add_argument("--max_mb", type=float, default=20.0, help="size that players shall not make the page exceed")
    return parser


if __name__ == "__main__":
    cli.run(main)
