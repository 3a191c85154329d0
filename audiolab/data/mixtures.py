"""Mixtures of speech and noise by table: data dirs that say what is mixed, and hold no mixed audio.

A mixture dir has, beside ``utt2spk`` and ``spk2utt`` (of the speech),

- ``mixtures``: ``<id> <speech> <speech start> <speech gain> <noise> <noise start> <noise gain> <samples> <SNR dB>``,
  starts and lengths in samples at the dir's rate, gains as factors;
- ``speech.scp``, ``noise.scp``: where the recordings are;
- ``mixtures.yaml``: the rate, and all options by which the mixtures were drawn (`MixtureSettings`).

A noise that ends before the mixture goes on from its beginning, over a cross-fade. Recorded pairs have no
``mixtures`` but ``wav.scp`` and ``spk1.scp``, as ESPnet's enhancement recipes; their noise is the difference.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import numpy as np

from audiolab.config import load_yaml, option
from audiolab.datadir.audio import length_at, read_excerpt
from audiolab.datadir.audiofile import audio_info
from audiolab.datadir.headers import TABLE, kept_header
from audiolab.datadir.shared import Shared
from audiolab.datadir.table import Table, read_table
from audiolab.errors import AudiolabError
from audiolab.samples import RATES

FADE_S = 0.05
"""Seconds of a noise's end that are cross-faded with its beginning where it is repeated."""

LONGEST_S = 3600.0
"""Most seconds of a mixture, which is held in memory as a whole."""


@dataclass(frozen=True)
class Part:
    """An excerpt of one recording.

    Attributes:
        recording: Its id in ``speech.scp`` or ``noise.scp``.
        start: Where the excerpt begins, in samples at the mixtures' rate.
        gain: Factor.
    """

    recording: str
    start: int
    gain: float

    def __post_init__(self) -> None:
        if self.start < 0 or not math.isfinite(self.gain):
            raise ValueError(f"an excerpt of '{self.recording}' from {self.start} on, times {self.gain}")


@dataclass(frozen=True)
class Mixture:
    """What is mixed; ``samples`` long at the mixtures' rate, SNR of the whole signals without their means in dB."""

    speech: Part
    noise: Part
    samples: int
    snr: float

    def __post_init__(self) -> None:
        if not 1 <= self.samples < 1 << 63:
            raise ValueError(f"a mixture of {self.samples} samples")

    @classmethod
    def parse(cls, line: str) -> Mixture:
        """Read what stands behind the id in ``mixtures``.

        Raises:
            ValueError: Another number of fields, one that is no number, or one that is negative.
        """
        speech, speech_start, speech_gain, noise, noise_start, noise_gain, samples, snr = line.split()
        return cls(
            Part(speech, int(speech_start), float(speech_gain)),
            Part(noise, int(noise_start), float(noise_gain)),
            int(samples),
            float(snr),
        )

    def __str__(self) -> str:
        speech, noise = (f"{part.recording} {part.start} {part.gain:.8g}" for part in (self.speech, self.noise))
        return f"{speech} {noise} {self.samples} {self.snr:g}"


@dataclass
class MixtureSettings:
    """How mixtures are drawn; kept as ``mixtures.yaml``."""

    speech: str = option(help="data dir of speech")
    noise: str = option(help="data dir of noises")
    count: int = option(help="mixtures to make")
    rate: int = option(16000, "sampling rate", "Hz")
    seconds: list[float] = option(lambda: [2.0, 2.0], "shortest and longest mixture", "s")
    snr: list[float] = option(
        lambda: [-10.0, 10.0], "range of the SNR of whole signals without their means; equal: that one", "dB"
    )
    level: list[float] = option(lambda: [-35.0, -15.0], "range of the mixtures' RMS level, without their means", "dBFS")
    peak: float = option(0.99, "highest peak of mixture, speech or noise; what would pass it is lowered")
    balance: bool = option(False, "take languages in turn (utt2lang of the speech)")
    seed: int = option(0, "of everything that is drawn")

    def __post_init__(self) -> None:
        for name in ("seconds", "snr", "level"):
            if len(getattr(self, name)) != 2 or getattr(self, name)[0] > getattr(self, name)[1]:
                raise ValueError(f"{name} are a lowest and a highest value, not {getattr(self, name)}")
            if not all(math.isfinite(value) for value in getattr(self, name)):
                raise ValueError(f"{name} are numbers, not {getattr(self, name)}")
        if self.count < 1 or self.seconds[0] <= 0 or self.seconds[1] > LONGEST_S or self.seed < 0:
            raise ValueError(f"count and seconds must be positive, seconds at most {LONGEST_S:g}, seed not negative")
        if not 0 < self.peak <= 1 or self.level[1] > 0:
            raise ValueError("peak must be above 0 and at most 1, level at most 0")
        if not RATES[0] <= self.rate <= RATES[1]:
            raise ValueError(f"rate must be {RATES[0]} to {RATES[1]} Hz")


class MixtureDir:
    """The mixtures or recorded pairs of a data dir; processes that get it by pickling share its memory.

    Args:
        path: The dir.

    Attributes:
        ids: Of all mixtures, in byte order.
        rate: Sampling rate in Hz.

    Raises:
        AudiolabError: The dir is no mixture dir, or a line of its tables is wrong.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._mixtures: Table | None = None
        if (self.path / "mixtures").is_file():
            self._read_mixtures()
        elif (self.path / "wav.scp").is_file() and (self.path / "spk1.scp").is_file():
            self._read_pairs()
        else:
            raise AudiolabError(f"{self.path}: no mixture dir: neither 'mixtures' nor wav.scp with spk1.scp is in it")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def samples(self) -> np.ndarray:
        """Length of each, int64 [len(ids)]."""
        return self._samples.arrays[0]

    def parts(self, index: int, start: int = 0, samples: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return speech and noise, float32 [N] each, of the mixture number ``index``, or of an excerpt of it.

        Their sum is the mixture. An excerpt is what a cut of the whole is, but for the last bits where the recordings
        are at another rate.
        """
        name, whole = self.ids[index], int(self.samples[index])
        samples = whole - start if samples is None else samples
        if not 0 <= start <= start + samples <= whole:
            raise ValueError(f"samples {start} to {start + samples} of {name}, which has {whole}")
        if self._mixtures is None:
            self._check_pair(name, (whole, self.rate), sizes(self._speech[name], f"{self.path}/spk1.scp: {name}"))
            speech = mixed_excerpt(self._speech[name], self.rate, start, samples, f"{self.path}/spk1.scp: {name}")
            noisy = mixed_excerpt(self._noise[name], self.rate, start, samples, f"{self.path}/wav.scp: {name}")
            return speech, noisy - speech
        mixture = Mixture.parse(self._mixtures[name])
        speech, noise = mixture.speech, mixture.noise
        where = f"{self.path}: {name}"
        clean = mixed_excerpt(self._speech[speech.recording], self.rate, speech.start + start, samples, where)
        end = noise.start + whole
        sound = looped(self._noise[noise.recording], self.rate, noise.start + start, samples, end, where)
        return clean * np.float32(speech.gain), sound * np.float32(noise.gain)

    def snr(self, index: int) -> float | None:
        """Return the SNR in dB that the mixture was made with; None for a recorded pair."""
        return None if self._mixtures is None else Mixture.parse(self._mixtures[self.ids[index]]).snr

    def _read_mixtures(self) -> None:
        path = self.path / "mixtures"
        self.rate = _rate(self.path / "mixtures.yaml")
        self._speech, self._noise = (read_table(self.path / name) for name in ("speech.scp", "noise.scp"))
        self._mixtures = read_table(path)
        self.ids = self._mixtures.ids
        if not self.ids:
            raise AudiolabError(f"{path}: no mixture in it; make the set again")
        samples = _lengths(self._mixtures.values(), set(self._speech), set(self._noise))
        if samples is None:
            self._refuse(path)
        self._samples = Shared([self._mixtures.by_id(samples)])

    def _refuse(self, path: Path) -> NoReturn:
        """Raise for the first mixture, in the order of ids, that is none or of recordings that are not there."""
        for name in self.ids:
            line = self._mixtures[name]
            try:
                mixture = Mixture.parse(line)
            except ValueError as error:
                raise AudiolabError(f"{path}: {name}: no mixture: '{line}'; make the set again") from error
            for part, known, table in (
                (mixture.speech, self._speech, "speech.scp"), (mixture.noise, self._noise, "noise.scp")
            ):  # fmt: skip
                if part.recording not in known:
                    raise AudiolabError(f"{path}: {name}: '{part.recording}' is not in {table}; make the set again")
        raise AssertionError(f"{path}: a mixture was refused, and all are right")

    def _read_pairs(self) -> None:
        self._noise, self._speech = (read_table(self.path / name) for name in ("wav.scp", "spk1.scp"))
        self.ids, lengths, self.rate = self._noise.ids, [], 0
        odd = sorted(set(self._noise) ^ set(self._speech))
        if odd:
            raise AudiolabError(f"{self.path}: '{odd[0]}' is in only one of wav.scp and spk1.scp")
        if not self.ids:
            raise AudiolabError(f"{self.path / 'wav.scp'}: no recording in it")
        kept = read_table(self.path / TABLE) if (self.path / TABLE).is_file() else {}
        for name in self.ids:
            header, where = kept_header(kept, name, self._noise[name]), f"{self.path}: {name}"
            samples, rate = (header or audio_info(self._noise[name], where=where))[:2]
            if not header:  # else the pair was looked at when the header was kept, and is again when it is read
                self._check_pair(name, (samples, rate), audio_info(self._speech[name], where=where)[:2])
            if self.rate not in (0, rate):
                raise AudiolabError(f"{where}: at {rate} Hz, and others at {self.rate} Hz; a set must have one rate")
            self.rate = rate
            lengths.append(samples)
        self._samples = Shared([np.array(lengths, dtype=np.int64)])

    def _check_pair(self, name: str, noisy: tuple[int, int], clean: tuple[int, int]) -> None:
        """Raise `AudiolabError` where the samples and rates in Hz of a pair's recordings differ."""
        if noisy != clean:
            raise AudiolabError(
                f"{self.path}: {name}: wav.scp's has {noisy[0]} samples at {noisy[1]} Hz, spk1.scp's {clean[0]} at "
                f"{clean[1]} Hz; a pair must have one length and rate"
            )


def _lengths(lines: Collection[str], speech: set[str], noise: set[str]) -> np.ndarray | None:
    """Return the samples of mixtures, int64, in the order of their lines; None where one is no mixture.

    What is accepted is what `Mixture.parse` accepts, of recordings that are in ``speech`` and ``noise``.
    """
    samples = np.empty(len(lines), dtype=np.int64)
    for number, line in enumerate(lines):
        try:
            of, start, gain, other, other_start, other_gain, length, snr = line.split()
            samples[number], _ = int(length), float(snr)
            least, gains = min(int(start), int(other_start)), (float(gain), float(other_gain))
        except (ValueError, OverflowError):
            return None
        if least < 0 or samples[number] < 1 or not all(map(math.isfinite, gains)):
            return None
        if of not in speech or other not in noise:
            return None
    return samples


def mixed_excerpt(entry: str, rate: int, start: int, samples: int, where: str) -> np.ndarray:
    """Return `read_excerpt`'s [N] of what a mixture is made of: of several channels their mean."""
    return read_excerpt(entry, rate, start, samples, channels="mix", where=where)


def looped(entry: str, rate: int, start: int, samples: int, end: int, where: str = "") -> np.ndarray:
    """Return ``samples`` samples of a noise from ``start`` on, float32 [N]; it is repeated where it is too short.

    Its end and its beginning are cross-faded with equal power, over `FADE_S` or half of it.

    Args:
        entry: The recording.
        rate: In Hz.
        start: First sample; the first time through, the recording's own.
        samples: How many.
        end: Where the whole mixture ends, counted as ``start`` is: it tells whether the noise is too short.
        where: What begins an error message.
    """
    total, original = sizes(entry, where)
    length = length_at(total, original, rate)
    fade = min(round(FADE_S * rate), length // 2)
    if end <= length or start + samples <= length - fade:
        return mixed_excerpt(entry, rate, start, samples, where)
    whole = mixed_excerpt(entry, rate, 0, length, where)
    loop = _loop(whole, fade)
    place = np.arange(start, start + samples)
    return np.where(place < len(loop), whole[place % len(loop)], loop[place % len(loop)])


def sizes(entry: str, where: str) -> tuple[int, int]:
    """Return a recording's number of samples and its rate in Hz; its header is read once in a process."""
    try:
        return _sizes(entry)
    except AudiolabError as error:
        raise AudiolabError(f"{where}: {error}") from error


@lru_cache(maxsize=1 << 17)
def _sizes(entry: str) -> tuple[int, int]:
    return audio_info(entry)[:2]


def _loop(wave: np.ndarray, fade: int) -> np.ndarray:
    """Return a wave that can follow itself: its last ``fade`` samples faded into its first (equal power)."""
    phase = (np.arange(fade, dtype=np.float32) + 0.5) / max(1, fade) * (np.pi / 2)
    loop = wave[: len(wave) - fade].copy()
    loop[:fade] = loop[:fade] * np.sin(phase) + wave[len(wave) - fade :] * np.cos(phase)
    return loop


def _rate(path: Path) -> int:
    rate = load_yaml(path)[0].get("rate")
    if not isinstance(rate, int) or rate < 1:
        raise AudiolabError(f"{path}: rate is {rate!r}, no number of Hz; make the set again")
    return rate
