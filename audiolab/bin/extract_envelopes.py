"""Extract mel envelopes of a data dir: ``python -m audiolab.bin.extract_envelopes``.

Writes ``<out>.ark`` and ``<out>.scp``, T × n_mels; beside them ``utt2num_frames`` with the suffix of ``out`` (``.1``
for ``feats.1``), and ``features.yaml``, the resolved config.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from audiolab import cli
from audiolab.config import add_arguments, from_namespace, save_yaml
from audiolab.data.extraction import mel_envelopes
from audiolab.data.speaker_tables import read_spk2f0
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="extract_envelopes", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir, or one part of a split one")
    parser.add_argument("--spk2f0", required=True, help="F0 range of each speaker, made by speaker_f0")
    parser.add_argument("--f0", default=None, help="f0.scp, needed for order_policy: frame")
    parser.add_argument("--out", required=True, help="what to write, without .ark and .scp: dump/train/feats.1")
    parser.add_argument("--channels", choices=["mono", "mix"], default="mono", help="mix: take the mean of channels")
    parser.add_argument("--allow_pipes", action="store_true", help="run the commands in wav.scp")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument(
        "--threads", type=cli.positive, default=1, help="threads on the CPU; better run jobs side by side"
    )
    add_arguments(parser, EnvelopeConfig)
    options = parser.parse_args()
    config = from_namespace(EnvelopeConfig, options)
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        raise AudiolabError(f"--device {options.device}: torch sees no GPU here; use --device cpu")
    check_not_read(f"{options.out}.scp", options.spk2f0, *([options.f0] if options.f0 else []))
    torch.set_num_threads(options.threads)
    envelopes = mel_envelopes(
        DataDir(options.data),
        MelEnvelope(config, options.device),
        read_spk2f0(options.spk2f0),
        MatrixTable(options.f0) if options.f0 else None,
        options.channels,
        options.allow_pipes,
    )
    frames: dict[str, str] = {}
    write_matrices(f"{options.out}.ark", f"{options.out}.scp", _counted(envelopes, frames))
    out = Path(options.out)
    write_table(out.parent / f"utt2num_frames{out.suffix}", frames)
    save_yaml(config, out.parent / "features.yaml")


def _counted(matrices: Iterator[tuple[str, np.ndarray]], frames: dict[str, str]) -> Iterator[tuple[str, np.ndarray]]:
    """Pass ``matrices`` on and note the number of rows of each in ``frames``."""
    for utterance, matrix in matrices:
        frames[utterance] = str(len(matrix))
        yield utterance, matrix


if __name__ == "__main__":
    cli.run(main)
