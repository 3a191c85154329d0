"""SDR of separated songs: seconds by the exact form and by museval, and how far they are apart.

    python tools/bench/bench_museval.py [SONG …] [--seconds 60] [--rate 16000] [--channels 1]

A song is a folder with ``vocals`` and ``accompaniment`` as WAV or FLAC, read as it is, at its own rate and with its
channels; without one, coloured noise of so many seconds stands for it. The estimates have something of the other source
in them, delayed, and noise. museval's time is that of all its ratios, of which SDR needs none of the others.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

from pathlib import Path

import numpy as np
from signals import SUFFIXES, best_time, print_table

from audiolab import cli
from audiolab.data.stem_dir import SOURCES
from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.audiofile import audio_info
from audiolab.errors import AudiolabError
from audiolab.metrics.bss import bss_eval, sdr


def main() -> None:
    """Run the benchmark."""
    parser = cli.ArgumentParser(prog="bench_museval", description=__doc__.splitlines()[0])
    parser.add_argument("songs", nargs="*", help="folders with vocals and accompaniment; none: noise")
    parser.add_argument("--seconds", type=float, default=60.0, help="of noise")
    parser.add_argument("--rate", type=int, default=16000, help="of noise")
    parser.add_argument("--channels", type=int, default=1, help="of noise")
    options = parser.parse_args()
    generator, rows = np.random.default_rng(0), []
    songs = {Path(song).name: read_song(Path(song)) for song in options.songs}
    if not songs:
        songs["noise"] = made_song(options.seconds, options.rate, options.channels, generator), options.rate
    for name, (sources, rate) in songs.items():
        rows.append(measured(name, sources, rate, generator))
    print_table(["song", "seconds", "Hz", "channels", "sdr, s", "museval, s", "ratio", "furthest apart, dB"], rows)


def measured(name: str, sources: np.ndarray, rate: int, generator: np.random.Generator) -> list[str]:
    """Return a song's row; ``sources`` are [S, N, C]."""
    other = np.roll(sources[::-1], rate // 400, axis=1)
    estimates = 0.9 * sources + 0.2 * other + 1e-3 * generator.standard_normal(sources.shape)
    fast, whole = sdr(sources, estimates, rate), bss_eval(sources, estimates, rate)["sdr"]
    if not np.array_equal(np.isnan(fast), np.isnan(whole)):
        raise AudiolabError(f"{name}: other frames are undefined to museval")
    times = [best_time(lambda of=of: of(sources, estimates, rate), 1) for of in (sdr, bss_eval)]
    _, samples, channels = sources.shape
    apart = float(np.nanmax(np.abs(fast - whole)))
    return [
        name, f"{samples / rate:.1f}", str(rate), str(channels), f"{times[0]:.3f}", f"{times[1]:.2f}",
        f"{times[1] / times[0]:.0f}", f"{apart:.1e}",
    ]  # fmt: skip


def read_song(folder: Path) -> tuple[np.ndarray, int]:
    """Return a song's sources, [S, N, C], and their rate in Hz."""
    waves, rates = [], []
    for source in SOURCES:
        files = [file for file in folder.glob(f"{source}.*") if file.suffix in SUFFIXES]
        if not files:
            raise AudiolabError(f"{folder}: no {source}.wav or {source}.flac in it")
        wave = read_excerpt(files[0], channels="all")
        waves.append(wave.reshape(len(wave), -1))
        rates.append(audio_info(files[0])[1])
    return np.stack(waves).astype(np.float64), rates[0]


def made_song(seconds: float, rate: int, channels: int, generator: np.random.Generator) -> np.ndarray:
    """Return two sources of noise, [S, N, C]."""
    noise = generator.standard_normal((len(SOURCES), round(seconds * rate), channels))
    return 0.1 * (noise + 0.9 * np.roll(noise, 1, axis=1))


if __name__ == "__main__":
    cli.run(main)
