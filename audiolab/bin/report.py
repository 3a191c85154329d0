"""Write the HTML report of an experiment: ``python -m audiolab.bin.report vc`` of conversion, ``se``, ``svs`` …"""

from __future__ import annotations

from audiolab import cli
from audiolab.report.assembly import assemble
from audiolab.report.experiment import add_options, read_experiment, scored_list, write_report
from audiolab.tasks import registry


def main() -> None:
    """Run the command."""
    task, arguments = registry.chosen("report")
    page = registry.module(task, "page")
    parser = cli.ArgumentParser(prog=f"report {task.name}", description=f"Write a report: {task.title.lower()}.")
    add_options(parser, task.layout.made_by, page.LIMITS)
    page.add_options(parser)
    options = parser.parse_args(arguments)
    experiment = read_experiment(options, task.read_runs(scored_list(options)))
    write_report(experiment, assemble(task.title, experiment, page.content(experiment, options)))


if __name__ == "__main__":
    cli.run(main)
