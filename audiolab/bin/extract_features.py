"""Extract features of a data dir: ``python -m audiolab.bin.extract_features``.

Which kind of features, says the config (``kind``). Writes ``<out>.ark`` and ``<out>.scp``, T × D; beside them
``utt2num_frames`` with the suffix of ``out`` (``.1`` for ``feats.1``), and ``features.yaml``, the resolved config.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiolab import cli
from audiolab.data.extraction import Matrices, Sources, extract
from audiolab.data.speaker_tables import read_spk2f0
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.arkio import MatrixTable, write_matrices
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError
from audiolab.features.kinds import kind_of, parse_features, save_features

_FOR = {"threads": ("envelope",), "spk2f0": ("envelope", "world"), "f0": ("envelope", "world")}
"""Option -> the kinds that it may be given for; what `utils/extract_features.sh --f0` gives goes with both."""


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="extract_features", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir, or one part of a split one")
    parser.add_argument("--out", required=True, help="what to write, without .ark and .scp: dump/train/feats.1")
    parser.add_argument(
        "--spk2f0", default=None, help="kinds envelope and world: F0 range of each speaker, of speaker_f0"
    )
    parser.add_argument("--f0", default=None, help="f0.scp: kind envelope needs it for order_policy: frame")
    parser.add_argument("--channels", choices=["mono", "mix"], default="mono", help="mix: take the mean of channels")
    parser.add_argument("--allow_pipes", action="store_true", help="run the commands in wav.scp")
    parser.add_argument("--device", default="cpu", help="cpu or cuda; cuda for kind envelope only")
    parser.add_argument(
        "--threads",
        type=cli.positive,
        help="kind envelope: threads on the CPU, default 1; better run jobs side by side",
    )
    config, options = parse_features(parser)
    kind = kind_of(config)
    _check_kind(options, kind)
    _use_device(options.device, options.threads or 1, kind)
    check_not_read(f"{options.out}.scp", *filter(None, (options.spk2f0, options.f0, getattr(config, "labels", None))))
    sources = Sources(
        DataDir(options.data),
        options.channels,
        options.allow_pipes,
        read_spk2f0(options.spk2f0) if options.spk2f0 else None,
        MatrixTable(options.f0) if options.f0 else None,
        options.device,
    )
    frames: dict[str, str] = {}
    write_matrices(f"{options.out}.ark", f"{options.out}.scp", _counted(extract(config, sources), frames))
    out = Path(options.out)
    write_table(out.parent / f"utt2num_frames{out.suffix}", frames)
    save_features(config, out.parent / "features.yaml")


def _check_kind(options: Any, kind: str) -> None:
    """Raise `AudiolabError` for options that the kind has no use for."""
    if kind == "envelope":
        return
    if options.device != "cpu":
        raise AudiolabError(f"--device {options.device}: features of kind {kind} are computed on the CPU; leave it out")
    for name, kinds in _FOR.items():
        if getattr(options, name) is not None and kind not in kinds:
            named = f"kind{'s' if kinds[1:] else ''} {' and '.join(kinds)}"
            raise AudiolabError(f"--{name}: is for {named}, and these features are of kind {kind}; leave it out")


def _use_device(device: str, threads: int, kind: str) -> None:
    """Set the number of threads, and see that there is what is asked for."""
    if kind != "envelope":
        return
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        raise AudiolabError(f"--device {device}: torch sees no GPU here; use --device cpu")
    torch.set_num_threads(threads)


def _counted(matrices: Matrices, frames: dict[str, str]) -> Matrices:
    """Pass ``matrices`` on and note the number of rows of each in ``frames``."""
    for utterance, matrix in matrices:
        frames[utterance] = str(len(matrix))
        yield utterance, matrix


if __name__ == "__main__":
    cli.run(main)
