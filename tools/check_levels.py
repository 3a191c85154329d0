#!/usr/bin/env python3
"""Shows what a voice conversion model does with speech of other levels, offsets, rates, channels, pauses: a table.

    tools/check_levels.py --model exp/mini/softgan_energy/VCC2SF4-VCC2TF1_s0 in.wav …

A line that is not as it should be is marked, and makes this end with status 1. Differences are taken where there is
speech: of levels in dB, or of the gain by mel band and frame below 3.4 kHz, as root mean square in dB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
import soxr

import audiolab
from audiolab import cli
from audiolab.datadir.audio import read_excerpt
from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.speech_level import ActiveLevel, frame_levels, is_active, level_bands
from audiolab.synthesis.streaming import blocks_of

GAINS_DB = (-30, -20, -10, -6, 10, 20)
RATES = (12000, 14700, 22050, 44100, 48000)
FULL = 16000
OFFSETS = (0.001, 0.01, 0.1)
BESIDE = {"2.5 s of silence": 0.0, "2.5 s of noise at -50 dB": 10 ** (-50 / 20)}
AROUND = round(2.5 * FULL)
Convert = Callable[[np.ndarray, int], np.ndarray]


class Gauge:
    """Levels and gains of audio at 16 kHz."""

    def __init__(self) -> None:
        self.config = EnvelopeConfig()
        self._extract = MelEnvelope(self.config)

    def gains(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return the gain in dB of the frames of speech [S] in the bands below 3.4 kHz [B]."""
        filters = self._extract.filters[:, : level_bands(self.config)]
        mel, powers = self._extract(before, 60).mel, []
        for wave in (before, after):
            powers.append(self._extract(wave, 60).stft.abs().square() @ filters)
        heard, levels = ActiveLevel(self.config), frame_levels(mel, self.config)
        heard.add(levels)
        spoken = is_active(levels, heard.value)
        return (10 * (powers[1][spoken] / powers[0][spoken]).log10()).numpy()


def rms(values: np.ndarray) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def level_db(wave: np.ndarray, other: np.ndarray) -> float:
    """Return by how much ``wave`` is louder than ``other``, in dB."""
    return 20 * np.log10(rms(wave) / rms(other))


def checks(convert: Convert, stream: Convert, wave: np.ndarray) -> Iterator[tuple[str, float, float]]:
    """Yield (what, how far off, the most that is right), all in dB, for speech at 16 kHz."""
    gauge = Gauge()
    plain = convert(wave, FULL)
    shape = gauge.gains(wave, plain)
    yield "loudness, converted to source", level_db(plain, wave), 0.5
    yield "highest sample, over full scale", max(0.0, 20 * np.log10(np.abs(plain).max())), 0.0
    for gain in GAINS_DB:
        factor = np.float32(10 ** (gain / 20))
        made = convert(wave * factor, FULL) / factor
        yield f"gain {gain:+d} dB: level", level_db(made, plain), 0.5
        yield f"gain {gain:+d} dB: gain by band", rms(gauge.gains(wave, made) - shape), 0.5
    for offset in OFFSETS:
        made = convert(wave + np.float32(offset), FULL)
        yield f"offset of {offset}: gain by band", rms(gauge.gains(wave, made) - shape), 0.5
    for rate in RATES:
        bare = convert(np.full(rate, OFFSETS[-1], np.float32), rate) - np.float32(OFFSETS[-1])
        highest = 20 * np.log10(np.abs(bare).max() + 1e-12)
        yield f"offset of {OFFSETS[-1]} alone, {rate} Hz: sample", highest, -100.0
        there = soxr.resample(wave, FULL, rate, quality="HQ").astype(np.float32)
        back = [soxr.resample(each, rate, FULL, quality="HQ")[: len(wave)] for each in (there, convert(there, rate))]
        padded = [np.pad(each, (0, len(wave) - len(each))).astype(np.float32) for each in back]
        yield f"rate {rate} Hz: gain by band", rms(gauge.gains(wave, *padded[1:]) - shape), 1.0
    for what, noise in BESIDE.items():
        around = np.float32(noise) * np.random.default_rng(0).standard_normal((2, AROUND)).astype(np.float32)
        made = convert(np.concatenate([around[0], wave, around[1]]), FULL)[AROUND:-AROUND]
        yield f"{what} beside: gain by band", rms(gauge.gains(wave, made) - shape), 1.0
    both = convert(np.stack([wave, wave / 2], axis=1), FULL)
    yield "second channel 6 dB quieter: level", level_db(both[:, 1], both[:, 0]) + 20 * np.log10(2), 0.5
    yield "beside another channel: level of the error", max(-200.0, level_db(both[:, 0] - plain + 1e-12, plain)), -60.0
    streamed = stream(wave, FULL)
    yield "streamed: level of the error", max(-200.0, level_db(streamed - plain + 1e-12, plain)), -60.0


def main() -> None:
    """Run the command."""
    parser = cli.ArgumentParser(prog="check_levels.py", description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings of speech, of 16 kHz or more")
    parser.add_argument("--model", required=True, help="folder of a training run, or its zip")
    parser.add_argument("--reverse", action="store_true", help="convert the model's target speaker to its source")
    options = parser.parse_args()
    voice = audiolab.load(options.model).voice(options.reverse)

    def stream(wave: np.ndarray, rate: int) -> np.ndarray:
        return np.concatenate(list(voice.stream(blocks_of(wave, 1000), rate)))[:, 0]

    found: dict[str, list[float]] = {}
    most: dict[str, float] = {}
    for file in options.files:
        for what, value, limit in checks(voice.convert, stream, read_excerpt(file, FULL)):
            found.setdefault(what, []).append(value)
            most[what] = limit
    wrong = 0
    print(f"{len(options.files)} files; the worst of them, and what is right\n")
    for what, values in found.items():
        worst = max(values, key=abs) if most[what] >= 0 else max(values)
        right = abs(worst) <= most[what] if most[what] >= 0 else worst <= most[what]
        wrong += not right
        print(f"{what:45} {worst:8.2f} dB   within {most[what]:g}{'' if right else '   WRONG'}")
    if wrong:
        raise AudiolabError(f"{wrong} lines are not as they should be")


if __name__ == "__main__":
    sys.exit(cli.run(main))
