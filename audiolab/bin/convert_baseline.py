"""Convert a data dir without a model, for comparison: ``python -m audiolab.bin.convert_baseline``."""

from __future__ import annotations

from audiolab import cli
from audiolab.data.baseline_mappings import BASELINES
from audiolab.data.baselines import Baseline
from audiolab.data.conversion import convert_data_dir
from audiolab.datadir.datadir import DataDir


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="convert_baseline", description=__doc__)
    parser.add_argument("--kind", required=True, choices=list(BASELINES), help="how the envelope is converted")
    parser.add_argument("--features", required=True, help="features of the training set: dump/train")
    parser.add_argument("--source", required=True, help="source speaker")
    parser.add_argument("--target", required=True, help="target speaker")
    parser.add_argument("--data", required=True, help="data dir to convert")
    parser.add_argument("--out", required=True, help="data dir to write")
    options = parser.parse_args()
    baseline = Baseline(options.kind, options.features, options.source, options.target)
    convert_data_dir(baseline, DataDir(options.data), options.out, baseline.analysis.stft.rate)


if __name__ == "__main__":
    cli.run(main)
