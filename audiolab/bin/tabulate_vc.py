"""Write the result tables of voice conversion from its scores: ``python -m audiolab.bin.tabulate_vc``."""

from __future__ import annotations

from pathlib import Path

from audiolab import cli
from audiolab.files import atomic_write
from audiolab.metrics.table import read_conditions
from audiolab.metrics.vc_scores import VC
from audiolab.metrics.vc_table import read_paper, results


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="tabulate_vc", description=__doc__.splitlines()[0])
    parser.add_argument("--scores", required=True, help="CSV of score_vc; its YAML is read too")
    parser.add_argument("--out", required=True, help="Markdown file to write")
    parser.add_argument("--paper", default=None, help="the paper's table of listening tests, by tabs")
    parser.add_argument("--baseline", action="append", default=[], help="system to compare with; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="seed of the bootstrap")
    options = parser.parse_args()
    scores, conditions = VC.read(options.scores), read_conditions(Path(options.scores).with_suffix(".yaml"))
    paper = read_paper(options.paper) if options.paper else []
    with atomic_write(options.out) as file:
        file.write(results(scores, conditions, paper, options.baseline, options.seed))


if __name__ == "__main__":
    cli.run(main)
