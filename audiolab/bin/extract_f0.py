"""Estimate F0 of a data dir over a wide range: ``python -m audiolab.bin.extract_f0``.

Writes ``<out>.ark`` and ``<out>.scp``: T × 1, Hz, 0 where unvoiced, one row for each frame of the features.
"""

from __future__ import annotations

from audiolab import cli
from audiolab.data.extraction import Sources, f0_contours
from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.datadir import DataDir
from audiolab.features.kinds import parse_features


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="extract_f0", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir, or one part of a split one")
    parser.add_argument("--out", required=True, help="what to write, without .ark and .scp: dump/train/f0.1")
    parser.add_argument("--channels", choices=["mono", "mix"], default="mono", help="mix: take the mean of channels")
    parser.add_argument("--allow_pipes", action="store_true", help="run the commands in wav.scp")
    config, options = parse_features(parser)
    sources = Sources(DataDir(options.data), options.channels, options.allow_pipes)
    write_matrices(f"{options.out}.ark", f"{options.out}.scp", f0_contours(config, sources))


if __name__ == "__main__":
    cli.run(main)
