"""Loading windows of songs: milliseconds each with and without augmentation, beside a plain read by soundfile.

    python tools/bench/bench_stems.py
    python tools/bench/bench_stems.py --data data/real/musdb18_train --window_s 10
    python tools/bench/bench_stems.py --rate 44100 --channels 2 --suffix .flac

Without ``--data`` it makes a song dir of noise, whose pieces of 30 s are cut by reference, in a folder that is deleted.
A window is both sources of it, as the trainer gets it, on one thread. The plain read has the same files, and reads as
many samples at places drawn alike, without resampling them. All augmentation is that with each probability 1. The
second table is of opening 100,000 pieces, and the bytes that a worker is sent. Times are of CPU.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import argparse
import dataclasses
import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from signals import RATE, print_table

from audiolab import cli
from audiolab.data.augmentation import AugmentConfig
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.data.stems import StemCrops, StemCropsConfig
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.entry import entry_of
from audiolab.dataset import SampleKey

SONGS, SECONDS, PIECE = 12, 90, 30
"""Songs that are made, and the seconds of each and of its pieces."""

EFFECTS = ("gain", "pitch", "lowpass", "eq")

NONE = AugmentConfig(**{f"{effect}_probability": 0.0 for effect in EFFECTS})


def make_songs(folder: Path, rate: int, channels: int, suffix: str) -> Path:
    """Write songs of noise and their song dir, and return the dir."""
    generator = np.random.default_rng(0)
    tables: dict[str, dict[str, str]] = {name: {} for name in ("segments", "utt2spk", "utt2song", "wav.scp")}
    tables |= {f"{source}.scp": {} for source in SOURCES}
    for song in (f"song{number:02d}" for number in range(SONGS)):
        files = {source: folder / f"{song}.{source}{suffix}" for source in SOURCES}
        for source, file in files.items():
            noise = 0.1 * generator.standard_normal((SECONDS * rate, channels))
            soundfile.write(file, noise, rate, subtype="PCM_16")
            tables[f"{source}.scp"][song] = str(file)
        tables["wav.scp"][song] = entry_of(*files.values())
        for start in range(0, SECONDS, PIECE):
            piece = f"{song}-{start:04d}"
            tables["segments"][piece] = f"{song} {start} {start + PIECE}"
            tables["utt2spk"][piece] = tables["utt2song"][piece] = song
    return write_data_dir(folder / "songs", tables).path


def make_many(folder: Path, count: int) -> Path:
    """Write the tables of ``count`` pieces, eight a song, whose recordings are not there, and return the dir."""
    pieces = {f"song{number // 8:06d}-{number % 8}": number for number in range(count)}
    songs = {piece: piece[:10] for piece in pieces}
    entries = {song: f"{folder}/{song}.wav" for song in songs.values()}
    segments = {piece: f"{songs[piece]} {PIECE * (n % 8)} {PIECE * (n % 8 + 1)}" for piece, n in pieces.items()}
    tables = {name: entries for name in ("wav.scp", *(f"{source}.scp" for source in SOURCES))}
    return write_data_dir(folder / "many", tables | {"segments": segments, "utt2spk": songs, "utt2song": songs}).path


def plain(path: Path, samples_s: float) -> Callable[[], object]:
    """Return what reads a window of both sources at a random place of a recording, at the recording's own rate."""
    tables = [dict(line.split(" ", 1) for line in (path / f"{source}.scp").open()) for source in SOURCES]
    names, generator = sorted(tables[0]), np.random.default_rng(0)

    def read() -> list[np.ndarray]:
        name = names[generator.integers(len(names))]
        files = [table[name].strip() for table in tables]
        info = soundfile.info(files[0])
        samples = round(samples_s * info.samplerate)
        start = int(generator.integers(max(1, info.frames - samples)))
        return [soundfile.read(file, samples, start, dtype="float32")[0] for file in files]

    return read


def windows(config: StemCropsConfig) -> Callable[[], object]:
    """Return what makes the next window of a set."""
    crops = StemCrops(config, "train")
    places = iter(range(1 << 30))

    def make() -> dict[str, Any]:
        epoch, item = divmod(next(places), len(crops))
        return crops[SampleKey(item, (0, 1, epoch, item), epoch)]

    return make


def measured(function: Callable[[], object], count: int, repeats: int) -> float:
    """Return the milliseconds of CPU that a call takes, over ``count`` calls, the best of ``repeats``."""
    function()
    times = []
    for _ in range(repeats):
        began = time.process_time()
        for _ in range(count):
            function()
        times.append(time.process_time() - began)
    return 1e3 / count * min(times)


def sets(path: Path, window_s: float) -> dict[str, StemCropsConfig]:
    """Return what is measured by name: nothing augmented, the defaults, each effect always, and all always."""
    plain_set = StemCropsConfig([str(path)], [str(path)], window_s=window_s, random_mix=0.0, augment=NONE)
    mixed = dataclasses.replace(plain_set, random_mix=1.0)
    of = {"no augmentation": plain_set, "random mixing": mixed}
    of["random mixing, augmentation's defaults"] = dataclasses.replace(mixed, augment=AugmentConfig())
    for effect in EFFECTS:
        always = dataclasses.replace(NONE, **{f"{effect}_probability": 1.0})
        of[f"random mixing, always {effect}"] = dataclasses.replace(mixed, augment=always)
    everything = AugmentConfig(**{f"{effect}_probability": 1.0 for effect in EFFECTS})
    of["random mixing, always all"] = dataclasses.replace(mixed, augment=everything)
    kept = dataclasses.replace(everything, keep_tempo=True)
    of["random mixing, always all, keep_tempo"] = dataclasses.replace(mixed, augment=kept)
    return of


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=None, help="song dir of plain files; none: one that is made")
    parser.add_argument("--rate", type=cli.positive, default=RATE, help="of the songs that are made, Hz")
    parser.add_argument("--channels", type=cli.positive, default=1, help="of the songs that are made")
    parser.add_argument("--suffix", default=".wav", help="of the songs that are made: .wav or .flac")
    parser.add_argument("--window_s", type=float, default=10.0, help="length of a window, s")
    parser.add_argument("--windows", type=cli.positive, default=24, help="windows that are timed together")
    parser.add_argument("--repeats", type=cli.positive, default=5, help="runs of each, of which the fastest counts")
    parser.add_argument("--pieces", type=cli.positive, default=100_000, help="of the dir that is only opened")
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        made = given.data is None
        path = make_songs(Path(folder), given.rate, given.channels, given.suffix) if made else Path(given.data)
        read = measured(plain(path, given.window_s), given.windows, given.repeats)
        rows = [["plain read by soundfile", f"{read:.2f}", "1.0"]]
        for name, config in sets(path, given.window_s).items():
            took = measured(windows(config), given.windows, given.repeats)
            rows.append([name, f"{took:.2f}", f"{took / read:.1f}"])
        print_table(["window of both sources", "CPU ms", "times the plain read"], rows)
        print()
        many = make_many(Path(folder), given.pieces)
        began = time.process_time()
        stems = StemDir(many, RATE)
        opened = time.process_time() - began
        began = time.process_time()
        songs = len(set(stems.songs))
        asked = time.process_time() - began
        row = [str(len(stems)), str(songs), f"{opened:.2f}", f"{asked:.2f}", str(len(pickle.dumps(stems)))]
        print_table(["pieces", "songs", "CPU s to open", "CPU s to ask for the songs", "bytes to a worker"], [row])


if __name__ == "__main__":
    cli.run(main)
