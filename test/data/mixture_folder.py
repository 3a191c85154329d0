"""Mixture dirs of two small synthetic domains."""

from pathlib import Path

import numpy as np

from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import MixtureSettings
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import write_data_dir

RATE = 16000


def make_sounds(folder: Path, waves: dict[str, np.ndarray], languages: dict[str, str] | None = None, rate=RATE) -> Path:
    """Write a data dir of waveforms; what stands before the - of an id is its speaker."""
    for name, wave in waves.items():
        write_audio(folder / "wav" / f"{name}.wav", wave, rate)
    tables = {
        "wav.scp": {name: str(folder / "wav" / f"{name}.wav") for name in waves},
        "utt2spk": {name: name.split("-")[0] for name in waves},
    }
    write_data_dir(folder, tables | ({"utt2lang": languages} if languages else {}))
    return folder


def harmonic(generator: np.random.Generator, f0: float, seconds: float) -> np.ndarray:
    """Return a modulated harmonic sound, somewhat like a voice."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * k * f0 * time + generator.uniform(0, 6)) / k for k in range(1, 12))
    return 0.1 * wave * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time + generator.uniform(0, 6)))


def make_domains(folder: Path, count: int = 8, seconds: float = 0.5) -> dict[str, str]:
    """Write source and target mixture dirs, and return the paths as `DomainMixturesConfig` names them."""
    generator = np.random.default_rng(0)
    paths = {}
    for domain, f0, tilt in (("source", 120, 0.0), ("target", 210, 0.9)):
        voices = {f"{domain}{n}-a": harmonic(generator, f0 * (1 + n / 10), 1.5) for n in range(3)}
        noise = generator.standard_normal((2, RATE))
        noise[:, 1:] += tilt * noise[:, :-1]
        speech = make_sounds(folder / domain / "speech", voices)
        sounds = make_sounds(folder / domain / "noise", {f"n{n}-a": 0.05 * wave for n, wave in enumerate(noise)})
        for seed, part in enumerate(("train", "valid")):
            settings = MixtureSettings(
                str(speech), str(sounds), count, seconds=[seconds, 2 * seconds], snr=[0.0, 5.0], seed=seed
            )
            make_mixtures(settings, folder / domain / part)
            paths[f"{domain}_{part}"] = str(folder / domain / part)
    return paths
