"""True envelope: speed, error and bound against a plain loop over frames, on one thread, in one run.

    python tools/bench/bench_envelope.py [FILE or FOLDER …]

The plain loop takes numpy's FFT of each frame in float64 and iterates without acceleration until the spectrum is at
most 2 dB above the envelope; ratio is its time to audiolab's. The error is that of float32 against the same loop with
the acceleration of Röbel and Rodet, since the accelerated iteration stops elsewhere within the 2 dB: how far above the
plain one, as a median, is the last column.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import numpy as np
import torch
from signals import RATE, best_time, parse, print_table, signals

from audiolab import cli
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.f0 import estimate_f0, speaker_f0_range
from audiolab.features.stft import full_scale, stft
from audiolab.features.true_envelope import DECIBEL, true_envelope


def plain_loop(observed: np.ndarray, order: int, accelerate: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the envelopes of ``observed`` [T, F] and the number of updates of each frame [T]."""
    n_fft = 2 * (observed.shape[1] - 1)
    envelopes, updates = np.empty_like(observed), np.zeros(len(observed), int)
    for frame, spectrum in enumerate(observed):
        cepstrum = np.fft.irfft(spectrum)
        cepstrum[order + 1 : n_fft - order] = 0
        envelope = np.fft.rfft(cepstrum).real
        while (spectrum - envelope).max() > 2 * DECIBEL:
            updates[frame] += 1
            if not accelerate:
                cepstrum = np.fft.irfft(np.maximum(spectrum, envelope))
                cepstrum[order + 1 : n_fft - order] = 0
                envelope = np.fft.rfft(cepstrum).real
                continue
            update = np.fft.irfft(np.maximum(spectrum, envelope) - envelope)
            whole = (update**2).sum()
            update[order + 1 : n_fft - order] = 0
            envelope = envelope + whole / (update**2).sum() * np.fft.rfft(update).real
        envelopes[frame] = envelope
    return envelopes, updates


def measure(name: str, wave: np.ndarray, config: EnvelopeConfig, repeats: int) -> list[str]:
    """Return one row of the table."""
    grid = config.stft
    f0 = estimate_f0(wave, RATE, grid.shift_ms, config.f0.floor, config.f0.ceiling)
    order = int(order_for(speaker_f0_range([f0], name).ceiling, grid))
    amplitude = stft(torch.from_numpy(wave), grid).abs() * full_scale(grid)
    observed = amplitude.clamp_min(10 ** (config.floor_db / 20)).log()
    single, double = observed.float(), observed.numpy()
    slow = best_time(lambda: plain_loop(double, order, False), repeats)
    slow_accelerated = best_time(lambda: plain_loop(double, order, True), repeats)
    fast = best_time(lambda: true_envelope(single, order), repeats)
    found = true_envelope(single, order)
    same, updates = plain_loop(double, order, True)
    plain, plain_updates = plain_loop(double, order, False)
    error = np.abs(found.numpy() - same) / DECIBEL
    return [
        name,
        f"{order}",
        f"{len(wave) / RATE:.1f}",
        f"{slow:.3f}",
        f"{1e3 * fast:.2f}",
        f"{slow / fast:.1f}",
        f"{slow_accelerated / fast:.1f}",
        f"{len(wave) / RATE / fast:.0f}",
        f"{plain_updates.mean():.1f} / {updates.mean():.1f}",
        f"{np.median(error):.1e}",
        f"{error.max():.1e}",
        f"{(single - found).max() / DECIBEL:.4f}",
        f"{np.median(found.numpy() - plain) / DECIBEL:.2f}",
    ]


def main() -> None:
    """Run the benchmark and print its table."""
    options = parse("bench_envelope", __doc__.splitlines()[0])
    torch.set_num_threads(1)
    header = [
        "signal",
        "order",
        "s",
        "plain loop s",
        "audiolab ms",
        "ratio",
        "to accelerated loop",
        "x real time",
        "updates plain / acc.",
    ]
    header += ["median error dB", "max error dB", "max excess dB", "above plain dB"]
    config = EnvelopeConfig()
    found = signals(options.paths, options.seconds).items()
    print_table(header, [measure(name, wave, config, options.repeats) for name, wave in found])


if __name__ == "__main__":
    cli.run(main)
