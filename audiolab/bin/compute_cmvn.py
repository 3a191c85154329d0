"""Compute Kaldi's CMVN statistics by speaker: ``python -m audiolab.bin.compute_cmvn``.

Writes ``<out>.ark`` and ``<out>.scp``: float64, 2 × (D + 1), sums and sums of squares, the frame count in the last
column of the first row.
"""

from __future__ import annotations

import numpy as np

from audiolab import cli
from audiolab.data.speaker_tables import speaker_cmvn
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.table import read_table


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="compute_cmvn", description=__doc__.splitlines()[0])
    parser.add_argument("--feats", required=True, help="feats.scp")
    parser.add_argument("--utt2spk", required=True, help="who speaks each utterance")
    parser.add_argument("--out", required=True, help="what to write, without .ark and .scp: dump/train/cmvn")
    options = parser.parse_args()
    check_not_read(f"{options.out}.scp", options.feats, options.utt2spk)
    statistics = speaker_cmvn(MatrixTable(options.feats), read_table(options.utt2spk))
    write_matrices(f"{options.out}.ark", f"{options.out}.scp", statistics, dtype=np.float64)


if __name__ == "__main__":
    cli.run(main)
