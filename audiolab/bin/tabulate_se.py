"""Write the result tables of speech enhancement from its scores: ``python -m audiolab.bin.tabulate_se``."""

from __future__ import annotations

from pathlib import Path

from audiolab import cli
from audiolab.files import atomic_write
from audiolab.metrics.se_scores import SE
from audiolab.metrics.se_table import read_paper, results
from audiolab.metrics.table import read_conditions


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="tabulate_se", description=__doc__.splitlines()[0])
    parser.add_argument("--scores", required=True, help="CSV of score_se; its YAML is read too")
    parser.add_argument("--out", required=True, help="Markdown file to write")
    parser.add_argument("--paper", default=None, help="the paper's tables, by tabs")
    parser.add_argument("--baseline", action="append", default=[], help="system to compare with; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="seed of the bootstrap")
    options = parser.parse_args()
    scores, conditions = SE.read(options.scores), read_conditions(Path(options.scores).with_suffix(".yaml"))
    paper = read_paper(options.paper) if options.paper else []
    with atomic_write(options.out) as file:
        file.write(results(scores, conditions, paper, options.baseline, options.seed))


if __name__ == "__main__":
    cli.run(main)
