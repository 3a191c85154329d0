"""Convert a data dir without a model, for comparison: ``python -m audiolab.bin.convert_baseline``."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from audiolab import cli
from audiolab.config import add_arguments, from_dict, from_namespace, load_yaml
from audiolab.data.baseline_mappings import BASELINES
from audiolab.data.baselines import Baseline
from audiolab.data.crops import UnpairedCropsConfig
from audiolab.datadir.datadir import DataDir
from audiolab.tasks.vc.apply import convert_data_dir


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="convert_baseline", description=__doc__)
    parser.add_argument("--kind", required=True, choices=list(BASELINES), help="how the envelope is converted")
    parser.add_argument("--like", help="training run, whose features, speakers and sentences it is shown")
    parser.add_argument("--reverse", action="store_true", help="convert the target speaker to the source speaker")
    parser.add_argument("--data", required=True, help="data dir to convert")
    parser.add_argument("--out", required=True, help="data dir to write")
    add_arguments(parser, UnpairedCropsConfig)
    options = parser.parse_args()
    shown = as_trained(options.like) if options.like else from_namespace(UnpairedCropsConfig, options)
    baseline = Baseline(options.kind, shown, options.reverse)
    convert_data_dir(baseline, DataDir(options.data), options.out, baseline.analysis.stft.rate)


def as_trained(run: str) -> UnpairedCropsConfig:
    """Return what a training run was shown; raises `AudiolabError` where its ``config.yaml`` does not say it."""
    path = Path(run) / "config.yaml"
    shown = load_yaml(path)[0].get("data_conf") or {}
    names = {field.name for field in fields(UnpairedCropsConfig)}
    return from_dict(UnpairedCropsConfig, {key: shown[key] for key in shown if key in names}, source=str(path))


if __name__ == "__main__":
    cli.run(main)
