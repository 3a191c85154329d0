"""Find when each phone is said: ``python -m audiolab.bin.align --data DIR --out DIR``.

Reads ``wav.scp`` and ``phones`` of a data dir (docs/alignment.md). Trains hidden Markov models on it, or takes those of
``--model``, and writes ``ctm``, ``utt2loglik`` and, where it has trained, ``model.npz``.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from audiolab import cli
from audiolab.align.aligning import align_data_dir
from audiolab.align.config import AlignConfig
from audiolab.align.model import load_model
from audiolab.config import add_arguments, from_namespace, leaves
from audiolab.datadir.apart import check_apart, check_not_read
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.work import processes


def main() -> None:
    """Run the command."""
    options = parse()
    out = Path(options.out)
    check_apart(options.data, out)
    model = config = None
    if options.model:
        check_not_read(out / "model.npz", options.model)
        model = load_model(options.model)
    else:
        config = from_namespace(AlignConfig, options)
    out.mkdir(parents=True, exist_ok=True)
    try:
        with processes(options.nj):
            align_data_dir(DataDir(options.data), out, model or config, options.channels, options.leave_out_short)
    finally:
        shutil.rmtree(out / "mfcc", ignore_errors=True)


def parse(argv: Sequence[str] | None = None) -> cli.configargparse.Namespace:
    """Return the options; raises `AudiolabError` for what they cannot be."""
    parser = cli.ArgumentParser(prog="align", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data dir with wav.scp, utt2spk, phones and perhaps utt2lang")
    parser.add_argument("--out", required=True, help="folder to write into")
    parser.add_argument("--model", default=None, help="model.npz of an earlier call; none: one is trained on the data")
    parser.add_argument("--nj", type=cli.positive, default=1, help="processes; the bits are the same with any number")
    parser.add_argument("--channels", choices=["mono", "mix"], default="mono", help="mix: take the mean of channels")
    parser.add_argument(
        "--leave_out_short", action="store_true", help="leave out utterances that are too short for their phones"
    )
    add_arguments(parser, AlignConfig)
    options = parser.parse_args(argv)
    given = [name for name, _, _ in leaves(AlignConfig) if getattr(options, name) is not None]
    if options.model and (given or options.config):
        name = given[0] if given else "config"
        raise AudiolabError(f"--{name}: --model is given, which brings its own; leave one of them out")
    return options


if __name__ == "__main__":
    cli.run(main)
