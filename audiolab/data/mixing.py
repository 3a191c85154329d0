"""Drawing mixtures of speech and noise: which excerpts, at which SNR and level."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from audiolab.config import save_yaml
from audiolab.data.mixtures import Mixture, MixtureSettings, Part, excerpt, looped
from audiolab.datadir.audiofile import audio_info
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError

SILENT_DB = -60.0
"""An excerpt whose RMS is below this, in dB of full scale, is drawn again."""

ATTEMPTS = 50


@dataclass(frozen=True)
class Sounds:
    """The recordings of a data dir that mixtures are made of.

    Attributes:
        table: Its ``wav.scp``.
        samples: Length of each recording at the mixtures' rate.
        owner: Its speaker, or for noise what its recordings are grouped by.
        languages: Its ``utt2lang``; empty where there is none.
    """

    table: dict[str, str]
    samples: dict[str, int]
    owner: dict[str, str]
    languages: dict[str, str]

    @classmethod
    def read(cls, path: str | Path, rate: int) -> Sounds:
        """Read a data dir without ``segments``; every file's header is looked at."""
        data = DataDir(path)
        if data.segments is not None:
            raise AudiolabError(f"{path}: has segments; mixtures are made of whole recordings, cut them first")
        table, samples = data.table("wav.scp"), {}
        for name, entry in table.items():
            total, original, _ = audio_info(entry, where=f"{path}/wav.scp: {name}")
            samples[name] = total * rate // original
        languages = data.table("utt2lang") if data.has("utt2lang") else {}
        return cls(table, samples, data.table("utt2spk"), languages)


def make_mixtures(
    speech: str | Path, noise: str | Path, dest: str | Path, settings: MixtureSettings, balance: bool, nj: int
) -> list[Mixture]:
    """Draw mixtures and write them as a mixture dir (`audiolab.data.mixtures`).

    Each mixture has a generator of its own, and its SNR is drawn last: sets that differ in the SNR alone are of the
    same excerpts, and the first mixtures of a larger set are those of the smaller.

    Args:
        speech: Data dir of speech.
        noise: Data dir of noises.
        dest: Dir to write; one that is there is replaced.
        settings: How many, how long, how loud.
        balance: Take languages in turn (``utt2lang``).
        nj: Threads.

    Raises:
        AudiolabError: No speech is long enough, there is only silence, or ``balance`` without ``utt2lang``.
    """
    voices, sounds = Sounds.read(speech, settings.rate), Sounds.read(noise, settings.rate)
    groups = _groups(voices, speech, settings, balance)
    draw = partial(_draw, voices=voices, groups=groups, sounds=sounds, settings=settings)
    with ThreadPoolExecutor(nj) as pool:
        mixtures = list(pool.map(draw, range(settings.count)))
    _write(Path(dest), mixtures, voices, sounds, settings)
    return mixtures


def _groups(voices: Sounds, path: str | Path, settings: MixtureSettings, balance: bool) -> list[list[str]]:
    """Return the utterances that are long enough, in lists that are drawn from in turn."""
    least = round(settings.seconds[0] * settings.rate)
    enough = [name for name in sorted(voices.table) if voices.samples[name] >= least]
    if not enough:
        raise AudiolabError(f"{path}: no utterance of {settings.seconds[0]:g} s or more; lower --seconds")
    if not balance:
        return [enough]
    missing = [name for name in enough if name not in voices.languages]
    if missing:
        raise AudiolabError(f"{path}: utt2lang does not say the language of '{missing[0]}', which --balance needs")
    languages = sorted(set(voices.languages.values()))
    found = [[name for name in enough if voices.languages[name] == language] for language in languages]
    for language, names in zip(languages, found):
        if not names:
            raise AudiolabError(f"{path}: no utterance in '{language}' of {settings.seconds[0]:g} s or more")
    return found


def _draw(
    number: int, voices: Sounds, groups: Sequence[Sequence[str]], sounds: Sounds, settings: MixtureSettings
) -> Mixture:
    generator = np.random.default_rng(np.random.SeedSequence((settings.seed, number)))
    names, noises = groups[number % len(groups)], sorted(sounds.table)
    longest = round(settings.seconds[1] * settings.rate)
    for _ in range(ATTEMPTS):
        utterance = names[generator.integers(len(names))]
        samples = min(longest, voices.samples[utterance])
        start = int(generator.integers(voices.samples[utterance] - samples + 1))
        sound = noises[generator.integers(len(noises))]
        offset = int(generator.integers(max(1, sounds.samples[sound] - samples + 1)))
        level = generator.uniform(*settings.level)
        snr = generator.uniform(*settings.snr)
        clean = excerpt(voices.table[utterance], settings.rate, start, samples)
        noise = looped(sounds.table[sound], settings.rate, offset, samples)
        gains = _gains(clean, noise, snr, level, settings.peak)
        if gains is not None:
            return Mixture(Part(utterance, start, gains[0]), Part(sound, offset, gains[1]), samples, snr)
    raise AudiolabError(
        f"mixture {number}: {ATTEMPTS} excerpts were silent, '{utterance}' and '{sound}' the last; look at the data"
    )


def _gains(clean: np.ndarray, noise: np.ndarray, snr: float, level: float, peak: float) -> tuple[float, float] | None:
    """Return the factors on speech and noise, or None where one of the two is silent.

    The SNR is that of the whole signals' energies, as that of the paper's noisy input is.
    """
    energies = [float(np.square(part, dtype=np.float64).mean()) for part in (clean, noise)]
    if min(energies) < 10 ** (SILENT_DB / 10):
        return None
    ratio = float(np.sqrt(energies[0] / energies[1]) * 10 ** (-snr / 20))
    scaled = noise * ratio
    mixture = clean + scaled
    gain = 10 ** (level / 20) / float(np.sqrt(np.square(mixture, dtype=np.float64).mean()))
    highest = max(float(np.abs(part).max()) for part in (clean, scaled, mixture))
    gain = min(gain, peak / highest)
    return gain, gain * ratio


def _write(dest: Path, mixtures: Sequence[Mixture], voices: Sounds, sounds: Sounds, settings: MixtureSettings) -> None:
    digits = len(str(settings.count - 1))
    named = {
        f"{voices.owner[mixture.speech.recording]}-mix{number:0{digits}d}": mixture
        for number, mixture in enumerate(mixtures)
    }
    named = dict(sorted(named.items()))
    tables = {
        "mixtures": {name: str(mixture) for name, mixture in named.items()},
        "utt2spk": {name: voices.owner[mixture.speech.recording] for name, mixture in named.items()},
        "utt2dur": {name: f"{mixture.samples / settings.rate:.6f}" for name, mixture in named.items()},
        "speech.scp": {m.speech.recording: voices.table[m.speech.recording] for m in mixtures},
        "noise.scp": {m.noise.recording: sounds.table[m.noise.recording] for m in mixtures},
    }
    if voices.languages:
        tables["utt2lang"] = {name: voices.languages[mixture.speech.recording] for name, mixture in named.items()}
    write_data_dir(dest, {name: dict(sorted(table.items())) for name, table in tables.items()}, replace=True)
    save_yaml(dataclasses.replace(settings), dest / "mixtures.yaml")
