"""Write the HTML report of a voice conversion experiment: ``python -m audiolab.bin.report_vc``."""

from __future__ import annotations

import logging
from pathlib import Path

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.report import page
from audiolab.report.conversions import converted_dirs, parse_named_dirs, read_conversions
from audiolab.report.history import choose_runs, find_runs
from audiolab.report.vc import Experiment, report

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    options = _parser().parse_args()
    every = find_runs(options.expdir)
    runs = choose_runs(every, options.runs, options.max_runs)
    sources, references = DataDir(options.data), DataDir(options.reference)
    baselines = parse_named_dirs(options.baselines, "--baselines")
    conversions = {}
    for run in runs:
        found = [c for d in converted_dirs(run.path) for c in read_conversions(d, sources, references, baselines)]
        if not found:
            raise AudiolabError(f"{run.path}: no converted speech in it; conversion (stage 4) makes it")
        conversions[run.name] = found
    out = Path(options.out)
    facts = {"Experiment": Path(options.expdir).name} | ({"Corpus": options.corpus} if options.corpus else {})
    experiment = Experiment(runs, len(every), conversions, Path(options.scores), out, facts)
    title = options.title or f"Report: {Path(options.expdir).name}"
    text = report(experiment, title, options.utterances, options.seconds, round(options.max_mb * 1e6))
    page.write(out, text)
    logger.info("%s: %.1f MB", out, len(text.encode()) / 1e6)


def _parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(prog="report_vc", description=__doc__.splitlines()[0])
    parser.add_argument("--expdir", required=True, help="the experiment, a folder of training runs")
    parser.add_argument("--data", required=True, help="data dir of the utterances that were converted")
    parser.add_argument("--reference", required=True, help="data dir of the targets' parallel references")
    parser.add_argument("--scores", required=True, help="scores.csv of score_vc, beside its scores.yaml")
    parser.add_argument("--out", required=True, help="the HTML file to write")
    parser.add_argument(
        "--baselines", nargs="*", default=[], metavar="NAME=DIR", help="data dirs that other methods converted"
    )
    parser.add_argument("--runs", nargs="*", default=[], help="training runs to show in detail; all when not given")
    parser.add_argument("--max_runs", type=int, default=12, help="most runs to show in detail")
    parser.add_argument("--title", default="", help="title of the page")
    parser.add_argument("--corpus", default="", help="name of the corpus, for the top of the page")
    parser.add_argument("--utterances", type=int, default=5, help="most utterances of a run to listen to")
    parser.add_argument("--seconds", type=float, default=8.0, help="longest clip [s]")
    parser.add_argument("--max_mb", type=float, default=15.0, help="size that players shall not make the page exceed")
    return parser


if __name__ == "__main__":
    cli.run(main)
