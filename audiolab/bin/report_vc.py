"""Write the HTML report of a voice conversion experiment: ``python -m audiolab.bin.report_vc``."""

from __future__ import annotations

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.report.conversions import conversions_of, parse_named_dirs
from audiolab.report.experiment import add_options, read_experiment, write_report
from audiolab.report.vc import report


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="report_vc", description=__doc__.splitlines()[0])
    add_options(parser, "score_vc", "run", utterances=5, seconds=8.0, max_mb=15.0)
    parser.add_argument("--data", required=True, help="data dir of the utterances that were converted")
    parser.add_argument("--reference", required=True, help="data dir of the targets' parallel references")
    parser.add_argument(
        "--baselines", nargs="*", default=[], metavar="NAME=DIR", help="data dirs that other methods converted"
    )
    parser.add_argument("--baseline", action="append", default=[], help="system to compare with; may be repeated")
    options = parser.parse_args()
    experiment = read_experiment(options)
    corpora = DataDir(options.data), DataDir(options.reference)
    baselines = parse_named_dirs(options.baselines, "--baselines")
    conversions = {run.name: conversions_of(run.path, *corpora, baselines) for run in experiment.runs}
    write_report(experiment, report(experiment, conversions, options.baseline))


if __name__ == "__main__":
    cli.run(main)
