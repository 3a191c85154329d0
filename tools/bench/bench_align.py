"""The aligner: real-time factors of training and of aligning, and of the best path beside torchaudio's aligner.

    python tools/bench/bench_align.py [--data DIR] [--utterances 20] [--seconds 5]

Without a data dir, utterances are noise and random phones, for time does not depend on what is said. A pass is the mean
one of a training that begins with one Gaussian a state. torchaudio's ``forced_align`` takes an utterance at a time and
knows no optional pauses and no transitions: it is given the same emissions of a chain without these, and both must find
the same path.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import torch
import torchaudio
from signals import best_time, print_table

from audiolab import cli
from audiolab.align.aligning import align_data_dir
from audiolab.align.chains import make_chains
from audiolab.align.config import AlignConfig, TrainingConfig
from audiolab.align.layout import Layout, Units
from audiolab.align.model import load_model
from audiolab.align.recursions import forward_backward, viterbi
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError
from audiolab.features.mfcc_config import MfccConfig

RATE = 16000
PHONE_S = 0.08
WORD = 4
PHONES = 40


def make_data(folder: Path, utterances: int, seconds: float) -> DataDir:
    """Write a data dir of noise that is said to be random phones, four a word."""
    generator = np.random.default_rng(0)
    tables: dict[str, dict[str, str]] = {"wav.scp": {}, "utt2spk": {}}
    said = {}
    for number in range(utterances):
        name = f"u{number:04d}"
        soundfile.write(folder / f"{name}.wav", 0.1 * generator.standard_normal(round(seconds * RATE)), RATE)
        phones = [f"p{each}" for each in generator.integers(PHONES, size=max(1, int(seconds / PHONE_S)))]
        words = [" ".join(phones[first : first + WORD]) for first in range(0, len(phones), WORD)]
        said[name] = f"sil {' _ '.join(words)} sil"
        tables["wav.scp"][name], tables["utt2spk"][name] = str(folder / f"{name}.wav"), "noise"
    write_data_dir(folder, tables)
    write_table(folder / "phones", said)
    return DataDir(folder)


def seconds_of(data: DataDir, out: Path, given: object) -> float:
    """Return the wall time of an alignment of a data dir."""
    began = time.perf_counter()
    align_data_dir(data, out, given)
    return time.perf_counter() - began


def whole(data: DataDir, audio: float, gaussians: list[int], folder: Path) -> list[list[str]]:
    """Return rows of trainings with as many passes at each number of Gaussians, and of aligning by their models."""
    rows = []
    for count in gaussians:
        config = AlignConfig(training=TrainingConfig(first_passes=2, passes=2, mixtures=count, least_frames=1))
        training = seconds_of(data, folder / "out", config)
        aligning = seconds_of(data, folder / "again", load_model(folder / "out/model.npz"))
        name = f"{count} Gaussian{'s' if count > 1 else ''} a state"
        a_pass = (training - aligning) / (2 * count.bit_length())
        rows.append([f"a pass of training, up to {name}", f"{a_pass / audio:.4f}", ""])
        rows.append([f"cepstra and aligning, {name}", f"{aligning / audio:.4f}", ""])
    return rows


def recursions(batch: int, seconds: float, repeats: int) -> list[list[str]]:
    """Return rows of the recursions alone, and of torchaudio's aligner over the same chains."""
    frames, places = round(seconds * 1000 / MfccConfig().shift_ms), 3 * int(seconds / PHONE_S)
    units = Units(np.arange(1, places + 1), np.zeros(places, bool))
    chains = make_chains([units] * batch, [frames] * batch, Layout(1, 1), np.full(places + 1, 0.5), 0.5)
    torch.manual_seed(0)
    values = torch.randn(frames, batch, places, dtype=torch.float64).log_softmax(-1)
    beside = torch.cat([torch.full((batch, frames, 1), -1e30), values.transpose(0, 1)], 2)
    targets = torch.arange(1, places + 1)[None]

    def torchaudios() -> list[torch.Tensor]:
        return [torchaudio.functional.forced_align(each[None], targets, blank=0)[0][0] - 1 for each in beside]

    if not torch.equal(torch.stack(torchaudios(), 1), viterbi(chains, values)[0]):
        raise AudiolabError("the best paths are not torchaudio's")
    audio = batch * seconds
    peer = best_time(torchaudios, repeats) / audio
    rows = [[f"torchaudio forced_align, {places} tokens, one after the other", f"{peer:.4f}", "1.0"]]
    for what, function in (("best path", viterbi), ("forward-backward", forward_backward)):
        own = best_time(lambda function=function: function(chains, values), repeats) / audio
        rows.append([f"{what}, {batch} utterances of {places} places at once", f"{own:.4f}", f"{own / peer:.2f}"])
    return rows


def main() -> None:
    """Run the benchmark and print its table."""
    parser = cli.ArgumentParser(prog="bench_align", description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=None, help="data dir with phones; none: noise")
    parser.add_argument("--utterances", type=cli.positive, default=20, help="of noise, and of a batch")
    parser.add_argument("--seconds", type=cli.above_zero, default=5.0, help="length of each")
    parser.add_argument("--gaussians", type=cli.positive, nargs="+", default=[1, 8], help="of a state")
    parser.add_argument(
        "--repeats", type=cli.positive, default=3, help="runs of a recursion, of which the fastest counts"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        data = DataDir(options.data) if options.data else make_data(Path(folder), options.utterances, options.seconds)
        audio = sum(soundfile.info(path).duration for path in data.table("wav.scp").values())
        rows = whole(data, audio, options.gaussians, Path(folder))
    rows += recursions(options.utterances, options.seconds, options.repeats)
    print_table(["what", "of real time, one thread", "by torchaudio's"], rows)


if __name__ == "__main__":
    cli.run(main)
