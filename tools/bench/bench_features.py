"""Analysis, resynthesis and whole conversion: times real time on one thread, beside a named peer in the same run.

    python tools/bench/bench_features.py [FILE or FOLDER …]

Conversion is all that a trained SoftGAN of the paper's size does with a signal; random weights, as here, take as long.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import warnings
from collections.abc import Callable
from types import ModuleType

import librosa
import numpy as np
import torch
from bench_envelope import plain_loop
from signals import RATE, best_time, parse, print_table, signals

from audiolab import cli
from audiolab.config import to_dict
from audiolab.data.speakers import SpeakerStatistics
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.f0 import estimate_f0, speaker_f0_range
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel_cepstrum import mc2sp, sp2mc
from audiolab.features.speech_profile import profile_of
from audiolab.features.stft import full_scale, stft
from audiolab.features.world import analyse
from audiolab.features.worldlib import pyworld
from audiolab.synthesis.envelope_filter import apply_envelope
from audiolab.synthesis.overlap_add import overlap_add
from audiolab.systems.softgan.config import SoftGANConfig
from audiolab.systems.softgan.converter import SoftGANConverter
from audiolab.systems.softgan.system import SoftGAN

Case = tuple[str, Callable[[], object], str, Callable[[], object]]


def cases(wave: np.ndarray, config: EnvelopeConfig) -> list[Case]:
    """Return (what, ours, peer's name, peer) for each row of the table."""
    grid, first = config.stft, config.f0
    samples = torch.from_numpy(wave).float()
    f0 = estimate_f0(wave, RATE, grid.shift_ms, first.floor, first.ceiling)
    order = int(order_for(speaker_f0_range([f0]).ceiling, grid))
    extract = MelEnvelope(config)
    spectrum, _, mel = extract(samples, order)
    world = analyse(wave, RATE)
    times = np.arange(len(world.f0)) * 0.005
    single = wave.astype(np.float32)
    spoken = SpeakerStatistics("", order, float(np.median(f0[f0 > 0])), mel.mean(0), mel.std(0),
                               profile_of([mel.numpy()], config, ""))  # fmt: skip
    model = _untrained(config, spoken)
    fft = {"n_fft": grid.n_fft, "hop_length": grid.hop, "win_length": grid.window}

    def resynthesis() -> torch.Tensor:
        return overlap_add(apply_envelope(spectrum, mel, mel + 3, config), grid, len(wave))

    def envelope_by_loop() -> np.ndarray:
        amplitude = stft(torch.from_numpy(wave), grid).abs() * full_scale(grid)
        envelope, _ = plain_loop(amplitude.clamp_min(10 ** (config.floor_db / 20)).log().numpy(), order, False)
        return np.exp(envelope) @ extract.filters.double().numpy()

    return [
        (
            "F0, dio and stonemask",
            lambda: estimate_f0(wave, RATE, grid.shift_ms, first.floor, first.ceiling),
            "pyworld harvest",
            lambda: estimate_f0(wave, RATE, grid.shift_ms, first.floor, first.ceiling, "harvest"),
        ),
        ("STFT", lambda: stft(samples, grid), "librosa stft", lambda: librosa.stft(single, **fft)),
        ("mel envelope", lambda: extract(samples, order), "plain loop", envelope_by_loop),
        (
            "mel envelope",
            lambda: extract(samples, order),
            "WORLD cheaptrick",
            lambda: pyworld().cheaptrick(wave, world.f0, times, RATE),
        ),
        ("envelope filter and overlap-add", resynthesis, "WORLD synthesize", lambda: _synthesize(world)),
        (
            "conversion by SoftGAN",
            lambda: model.convert(single, RATE),
            "WORLD analysis and synthesis",
            lambda: _synthesize(analyse(wave, RATE)),
        ),
        *coded(wave, world.spectrum),
    ]


def coded(wave: np.ndarray, spectrum: np.ndarray) -> list[Case]:
    """Return the rows about mel-cepstra and AutoVC's mel."""
    sptk, log_mel = _pysptk(), LogMel(LogMelConfig())
    cepstra = sp2mc(spectrum, 24, 0.41)
    return [
        (
            "mel-cepstrum of a spectrum",
            lambda: sp2mc(spectrum, 24, 0.41),
            "pysptk sp2mc",
            lambda: sptk.sp2mc(spectrum, 24, 0.41),
        ),
        (
            "spectrum of a mel-cepstrum",
            lambda: mc2sp(cepstra, 0.41, 513),
            "pysptk mc2sp",
            lambda: sptk.mc2sp(cepstra, 0.41, 1024),
        ),
        (
            "AutoVC's mel",
            lambda: log_mel(wave, np.random.default_rng(0)),
            "librosa melspectrogram",
            lambda: librosa.feature.melspectrogram(y=wave, sr=RATE, n_fft=1024, hop_length=256, n_mels=80, power=1.0),
        ),
    ]


def _untrained(config: EnvelopeConfig, spoken: SpeakerStatistics) -> SoftGANConverter:
    """Return a converter of the default size with random weights, from a speaker to the same."""
    torch.manual_seed(0)
    system = SoftGAN(SoftGANConfig(bands=32, frames=128))
    system.analysis.config = to_dict(config)
    for speaker in (system.speaker_x, system.speaker_y):
        speaker.set(spoken, spoken.mean, spoken.std)
    state = {name: getattr(system, name).state_dict() for name in SoftGAN.exports}
    return SoftGANConverter(system.config, state, torch.device("cpu"))


def _pysptk() -> ModuleType:
    """Return pysptk without its warning about pkg_resources."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pysptk
    return pysptk


def _synthesize(world: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    return pyworld().synthesize(*world, RATE, 5.0)


def main() -> None:
    """Run the benchmark and print its table."""
    options = parse("bench_features", __doc__.splitlines()[0])
    torch.set_num_threads(1)
    config, rows = EnvelopeConfig(), []
    for name, wave in signals(options.paths, options.seconds).items():
        seconds = len(wave) / RATE
        for what, ours, peer, theirs in cases(wave, config):
            mine, other = best_time(ours, options.repeats), best_time(theirs, options.repeats)
            rows.append([name, what, f"{1e3 * mine:.1f}", f"{seconds / mine:.0f}", peer, f"{1e3 * other:.1f}"])
            rows[-1].append(f"{other / mine:.1f}")
    print_table(["signal", "what", "ms", "x real time", "peer", "peer ms", "ratio"], rows)


if __name__ == "__main__":
    cli.run(main)
