"""Write the HTML report of a voice conversion experiment: ``python -m audiolab.bin.report_vc``."""

from __future__ import annotations

from audiolab import cli
from audiolab.datadir.datadir import DataDir
from audiolab.report.experiment import add_options, read_experiment, scored_list, write_report
from audiolab.tasks.vc.heard import scored_conversions
from audiolab.tasks.vc.page import report
from audiolab.tasks.vc.scoring import read_runs


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="report_vc", description=__doc__.splitlines()[0])
    add_options(parser, "score_vc", "run", utterances=5, seconds=8.0, max_mb=30.0)
    parser.add_argument("--data", required=True, help="data dir of the utterances that were converted")
    parser.add_argument("--reference", required=True, help="data dir of the targets' parallel references")
    options = parser.parse_args()
    experiment = read_experiment(options, read_runs(scored_list(options)))
    corpora = DataDir(options.data), DataDir(options.reference)
    made = experiment.made
    conversions = {
        run.name: scored_conversions(made.get(run.name, []), made.get("", []), *corpora) for run in experiment.runs
    }
    write_report(experiment, report(experiment, conversions, options.baseline))


if __name__ == "__main__":
    cli.run(main)
