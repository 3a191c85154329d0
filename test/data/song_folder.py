"""Song dirs of small synthetic songs: a gliding harmonic voice over a decaying chord with noise."""

from pathlib import Path

import numpy as np

from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import write_data_dir


def make_songs(folder: Path, count: int = 4, seconds: float = 1.0, rate: int = 8000, seed: int = 0) -> Path:
    """Write a song dir of ``count`` songs, each one piece, and return it."""
    generator = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    tables = {"vocals.scp": {}, "accompaniment.scp": {}, "wav.scp": {}, "utt2spk": {}, "utt2song": {}}
    for number in range(count):
        name = f"singer{number}-song{number}"
        f0 = 150 * 2 ** (number / 5 + 0.1 * np.sin(2 * np.pi * 5 * time))
        phase = 2 * np.pi * np.cumsum(f0) / rate
        voice = 0.1 * sum(np.sin(k * phase) / k for k in range(1, 8)) * (np.sin(3 * time + number) > -0.5)
        chord = sum(np.sin(2 * np.pi * f * time + generator.uniform(0, 6)) for f in (220 + 20 * number, 330, 415))
        rest = 0.1 * chord * np.exp(-4 * (time % 0.5)) + 0.02 * generator.standard_normal(len(time))
        paths = {"vocals": folder / "wav" / f"{name}.vocals.wav", "accompaniment": folder / "wav" / f"{name}.rest.wav"}
        for (source, path), wave in zip(paths.items(), (voice, rest)):
            write_audio(path, wave, rate)
            tables[f"{source}.scp"][name] = str(path)
        tables["wav.scp"][name] = " + ".join(map(str, paths.values()))
        tables["utt2spk"][name], tables["utt2song"][name] = f"singer{number}", f"song{number}"
    write_data_dir(folder, tables)
    return folder
