"""Drawing mixtures of speech and noise: which excerpts, at which SNR and level."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from audiolab.config import save_yaml
from audiolab.data.mixtures import Mixture, MixtureDir, MixtureSettings, Part, looped, mixed_excerpt, sizes
from audiolab.datadir.audio import length_at
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import DataDir, withdraw_tables, write_data_dir
from audiolab.datadir.headers import TABLE, kept_header
from audiolab.datadir.names import file_of
from audiolab.errors import AudiolabError
from audiolab.files import replaced_together
from audiolab.waiting import told

logger = logging.getLogger(__name__)

SILENT_DB = -60.0
"""An excerpt whose RMS without its mean is below this, in dB of full scale, is drawn again."""

ATTEMPTS = 50

_LOWER = "add longer ones, or lower --seconds (of a recipe's test sets: --eval_seconds)"

DIGITS = 6
"""Of a mixture's number in its id; the same for sets of any size, so that a larger set holds a smaller one's ids."""


@dataclass(frozen=True)
class Sounds:
    """The recordings of a data dir that mixtures are made of.

    Attributes:
        path: The dir.
        table: Its ``wav.scp``.
        samples: Length of each recording at the mixtures' rate.
        owner: Its speaker, or for noise what its recordings are grouped by.
        languages: Its ``utt2lang``; empty where there is none.
    """

    path: Path
    table: Mapping[str, str]
    samples: dict[str, int]
    owner: Mapping[str, str]
    languages: Mapping[str, str]

    @classmethod
    def read(cls, path: str | Path, rate: int) -> Sounds:
        """Read a data dir without ``segments``; headers that ``reco2header`` does not keep are looked at."""
        data = DataDir(path)
        if data.segmented:
            raise AudiolabError(f"{path}: has segments; mixtures are made of whole recordings, cut them first")
        table, owner, samples = data.table("wav.scp"), data.table("utt2spk"), {}
        kept = data.table(TABLE) if data.has(TABLE) else {}
        for name, entry in table.items():
            if name not in owner:
                raise AudiolabError(f"{path}/utt2spk: no '{name}', which wav.scp has; run utils/fix_data_dir.py")
            total, original = (kept_header(kept, name, entry) or sizes(entry, f"{path}/wav.scp: {name}"))[:2]
            samples[name] = length_at(total, original, rate)
        if not table:
            raise AudiolabError(f"{path}/wav.scp: no recording in it")
        languages = data.table("utt2lang") if data.has("utt2lang") else {}
        return cls(Path(path), table, samples, owner, languages)

    def where(self, name: str) -> str:
        """Return what begins a message about a recording."""
        return f"{self.path}/wav.scp: {name}"


def make_mixtures(settings: MixtureSettings, dest: str | Path, nj: int = 1) -> list[Mixture]:
    """Draw mixtures and write them as a mixture dir (`audiolab.data.mixtures`).

    Each mixture has a generator of its own, and its SNR is drawn last: sets that differ in the SNR alone are of the
    same excerpts, and the first mixtures of a larger set are those of the smaller.

    Args:
        settings: Of what, how many, how long, how loud.
        dest: Dir to write; one that is there is replaced.
        nj: Threads.

    Raises:
        AudiolabError: No speech is long enough, there is only silence, a recording is broken, or ``balance`` is asked
            for without ``utt2lang``.
    """
    voices, sounds = Sounds.read(settings.speech, settings.rate), Sounds.read(settings.noise, settings.rate)
    groups = _groups(voices, settings)
    noises = sorted(sounds.table)
    draw = partial(_draw, voices=voices, groups=groups, sounds=sounds, noises=noises, settings=settings)
    with ThreadPoolExecutor(nj) as pool:
        mixtures = list(pool.map(draw, range(settings.count)))
    _write(Path(dest), mixtures, voices, sounds, settings)
    return mixtures


def write_mixtures(dest: str | Path, nj: int = 1) -> None:
    """Write the audio of a mixture dir into it: ``wav.scp``, ``spk1.scp``, ``noise1.scp`` and their files.

    As ESPnet's enhancement recipes have it. The files are floats, of which speech and noise add up to the mixture.

    Args:
        dest: The mixture dir.
        nj: Threads.
    """
    mixtures = MixtureDir(dest)
    kinds = "wav", "spk1", "noise1"
    names = [f"{kind}.scp" for kind in kinds]
    files = {kind: [file_of(mixtures.path / kind, name, ".wav") for name in mixtures.ids] for kind in kinds}

    def write(index: int) -> dict[str, str]:
        speech, noise = mixtures.parts(index)
        paths = {}
        for kind, wave in (("wav", speech + noise), ("spk1", speech), ("noise1", noise)):
            path = files[kind][index]
            write_audio(folders[kind] / path.name, wave, mixtures.rate, "FLOAT", path)
            paths[f"{kind}.scp"] = str(path)
        return paths

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(nj) as pool:
        folders = {kind: stack.enter_context(replaced_together(mixtures.path / kind)) for kind in kinds}
        written = list(told(pool.map(write, range(len(mixtures))), "mixtures", len(mixtures)))
        withdraw_tables(dest, names)
    write_data_dir(dest, {name: {i: paths[name] for i, paths in zip(mixtures.ids, written)} for name in names})


def _groups(voices: Sounds, settings: MixtureSettings) -> list[list[str]]:
    """Return the utterances that are long enough, in lists that are drawn from in turn."""
    least = round(settings.seconds[0] * settings.rate)
    enough = [name for name in sorted(voices.table) if voices.samples[name] >= least]
    if not enough:
        raise AudiolabError(f"{voices.path}: no utterance of {settings.seconds[0]:g} s or more; {_LOWER}")
    short, total = len(voices.table) - len(enough), len(voices.table)
    if short:
        least_s = settings.seconds[0]
        logger.info("%s: %d of %d utterances are left out, shorter than %g s", voices.path, short, total, least_s)
    if not settings.balance:
        return [enough]
    missing = [name for name in enough if name not in voices.languages]
    if missing:
        raise AudiolabError(f"{voices.path}: utt2lang does not say the language of '{missing[0]}'; --balance needs it")
    languages = sorted(set(voices.languages.values()))
    found = [[name for name in enough if voices.languages[name] == language] for language in languages]
    for language, names in zip(languages, found):
        if not names:
            least_s = f"{settings.seconds[0]:g} s"
            raise AudiolabError(f"{voices.path}: no utterance in '{language}' of {least_s} or more; {_LOWER}")
    return found


def _draw(
    number: int,
    voices: Sounds,
    groups: Sequence[Sequence[str]],
    sounds: Sounds,
    noises: Sequence[str],
    settings: MixtureSettings,
) -> Mixture:
    generator = np.random.default_rng(np.random.SeedSequence((settings.seed, number)))
    names = groups[number % len(groups)]
    longest = round(settings.seconds[1] * settings.rate)
    for _ in range(ATTEMPTS):
        utterance = names[generator.integers(len(names))]
        samples = min(longest, voices.samples[utterance])
        start = int(generator.integers(voices.samples[utterance] - samples + 1))
        sound = noises[generator.integers(len(noises))]
        offset = int(generator.integers(max(1, sounds.samples[sound] - samples + 1)))
        level = generator.uniform(*settings.level)
        snr = generator.uniform(*settings.snr)
        clean = mixed_excerpt(voices.table[utterance], settings.rate, start, samples, voices.where(utterance))
        end = offset + samples
        noise = looped(sounds.table[sound], settings.rate, offset, samples, end, sounds.where(sound))
        gains = _gains(clean, noise, snr, level, settings.peak)
        if gains is not None:
            return Mixture(Part(utterance, start, gains[0]), Part(sound, offset, gains[1]), samples, snr)
    raise AudiolabError(
        f"{voices.path} with {sounds.path}: mixture {number}: {ATTEMPTS} excerpts were silent, '{utterance}' and "
        f"'{sound}' the last; take silent recordings out"
    )


def _gains(clean: np.ndarray, noise: np.ndarray, snr: float, level: float, peak: float) -> tuple[float, float] | None:
    """Return the factors on speech and noise, or None where one of the two is silent.

    The SNR is that of the whole signals' energies, as that of the paper's noisy input is; energies and levels are those
    without the mean, which nobody hears and SI-SDR takes off: a recording's constant offset is no sound.
    """
    deviations = [float(part.std(dtype=np.float64)) for part in (clean, noise)]
    if min(deviations) < 10 ** (SILENT_DB / 20):
        return None
    ratio = deviations[0] / deviations[1] * 10 ** (-snr / 20)
    scaled = noise * ratio
    mixture = clean + scaled
    gain = 10 ** (level / 20) / float(mixture.std(dtype=np.float64))
    highest = max(float(np.abs(part).max()) for part in (clean, scaled, mixture))
    gain = min(gain, peak / highest)
    return gain, gain * ratio


def _write(dest: Path, mixtures: Sequence[Mixture], voices: Sounds, sounds: Sounds, settings: MixtureSettings) -> None:
    named = {
        f"{voices.owner[mixture.speech.recording]}-mix{number:0{DIGITS}d}": mixture
        for number, mixture in enumerate(mixtures)
    }
    tables = {
        "mixtures": {name: str(mixture) for name, mixture in named.items()},
        "utt2spk": {name: voices.owner[mixture.speech.recording] for name, mixture in named.items()},
        "utt2dur": {name: f"{mixture.samples / settings.rate:.6f}" for name, mixture in named.items()},
        "speech.scp": {m.speech.recording: voices.table[m.speech.recording] for m in mixtures},
        "noise.scp": {m.noise.recording: sounds.table[m.noise.recording] for m in mixtures},
    }
    if voices.languages:
        tables["utt2lang"] = {
            name: voices.languages[mixture.speech.recording]
            for name, mixture in named.items()
            if mixture.speech.recording in voices.languages
        }
    write_data_dir(dest, tables, replace=True)
    save_yaml(settings, dest / "mixtures.yaml")
