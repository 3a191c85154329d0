"""Audio of AutoVC's mel spectrograms: shares of real time on one thread, and how near its mel is to the given one.

    python tools/bench/bench_vocoders.py [FILE or FOLDER …] [--models RUN …]

HiFi-GAN's V1 and V2 have random weights here, which take as long as trained ones; ``--models`` are trained ones. The
CPU's time is what a thread takes of it, also where others keep it busy. Distance: RMS difference of a frame's bands,
mean over frames, in dB, the level left in.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

from collections.abc import Callable

import librosa
import numpy as np
import torch
from signals import RATE, best_time, cpu_time, parse, print_table, signals

from audiolab import cli
from audiolab.config import to_dict
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel_inverse import MelInverse
from audiolab.inference import load
from audiolab.metrics.spectral import log_spectral_distance
from audiolab.synthesis.griffin_lim import GriffinLim, GriffinLimConfig
from audiolab.systems.hifigan.config import GeneratorConfig, HiFiGANConfig
from audiolab.systems.hifigan.system import HiFiGAN
from audiolab.systems.hifigan.vocoder import HiFiGANVocoder

Synthesis = Callable[[np.ndarray], np.ndarray]

_ITERATIONS = GriffinLimConfig().iterations


def vocoders(models: list[str]) -> dict[str, Synthesis]:
    """Return the ways to audio by name."""
    found: dict[str, Synthesis] = {
        f"Griffin-Lim, {n} iterations": GriffinLim(config=GriffinLimConfig(iterations=n)).synthesise
        for n in (_ITERATIONS // 2, _ITERATIONS)
    }
    found[f"librosa griffinlim, {_ITERATIONS} iterations, of the same magnitudes"] = _librosa
    for name, channels in (("V1", 512), ("V2", 128)):
        found[f"HiFi-GAN {name}, random weights"] = untrained(GeneratorConfig(channels=channels)).synthesise
    return found | {model: load(model, does="synthesise").synthesise for model in models}


def untrained(generator: GeneratorConfig) -> HiFiGANVocoder:
    """Return a vocoder with random weights."""
    analysis = LogMelConfig()
    grid = {"rate": analysis.rate, "n_fft": analysis.n_fft, "hop": analysis.hop, "n_mels": analysis.n_mels}
    torch.manual_seed(0)
    system = HiFiGAN(HiFiGANConfig(generator=generator, **grid))
    system.analysis.values = to_dict(analysis)
    state = {name: getattr(system, name).state_dict() for name in HiFiGAN.exports}
    return HiFiGAN.predictor(system.config, state, torch.device("cpu"))


def _librosa(mel: np.ndarray) -> np.ndarray:
    magnitude = MelInverse(LogMelConfig())(torch.from_numpy(mel)).numpy()
    return librosa.griffinlim(magnitude.T, n_iter=_ITERATIONS, hop_length=256, random_state=0, pad_mode="reflect")


def row(synthesise: Synthesis, wave: np.ndarray, repeats: int) -> list[str]:
    """Return the cells about one vocoder and one signal."""
    analysis = LogMel(LogMelConfig())
    mel = analysis(wave, np.random.default_rng(0))
    seconds = len(wave) / RATE
    wall = best_time(lambda: synthesise(mel), repeats) / seconds
    own = cpu_time(lambda: synthesise(mel), repeats) / seconds
    made = synthesise(mel)
    again = analysis(made, np.random.default_rng(0))
    distance = log_spectral_distance(100 * mel[: len(again)], 100 * again, remove_level=False)
    level = 20 * np.log10(made.std() / wave.std())
    return [f"{wall:.3f}", f"{own:.3f}", f"{distance:.2f}", f"{level:+.2f}"]


def main() -> None:
    """Run the benchmark and print its table."""
    options = parse(
        "bench_vocoders",
        __doc__.splitlines()[0],
        lambda parser: parser.add_argument(
            "--models", nargs="+", default=[], help="folders or zips of trained vocoders"
        ),
    )
    torch.set_num_threads(1)
    ways = vocoders(options.models)
    rows = [
        [name, what, *row(way, wave, options.repeats)]
        for name, wave in signals(options.paths, options.seconds).items()
        for what, way in ways.items()
    ]
    print_table(["signal", "what", "of real time", "CPU's", "distance (dB)", "level (dB)"], rows)


if __name__ == "__main__":
    cli.run(main)
