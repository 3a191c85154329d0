"""The audio of a data dir, utterance by utterance, at the rate and channel count that the caller works with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import soxr

from audiolab.datadir.audiofile import read_wav
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.samples import is_silent

Channels = Literal["mono", "mix", "all"]


def load_mono(
    entry: str | Path,
    rate: int,
    *,
    channels: Channels = "mono",
    allow_silent: bool = True,
    allow_pipes: bool = False,
    where: str = "",
) -> np.ndarray:
    """Read a file, or a ``wav.scp`` entry, as one channel at ``rate``.

    Audio at another rate is resampled by soxr at its quality HQ; N samples become N · rate / original rate, rounded.

    Args:
        entry: A path or a ``wav.scp`` entry.
        rate: The sampling rate wanted, in Hz.
        channels: ``"mono"``: more than one channel is an error; ``"mix"``: the mean of the channels.
        allow_silent: Whether a file that `is_silent` is taken.
        allow_pipes: Whether an entry that is a command may be run.
        where: What begins an error message, such as the utterance.

    Returns:
        float32, shape N.

    Raises:
        AudiolabError: As `read_wav` does; further for channels and silence.
    """
    samples, original = read_wav(entry, allow_pipes, where=where)
    where = f"{where}: {entry}" if where else str(entry)
    return conform(samples, original, rate, channels, allow_silent, where)


def load_utterance(
    datadir: DataDir,
    utterance: str,
    rate: int | None = None,
    *,
    table: str = "wav.scp",
    channels: Channels = "mono",
    allow_silent: bool = True,
    allow_pipes: bool = False,
) -> tuple[np.ndarray, int]:
    """Read one utterance of a data dir; with ``segments``, only its piece of the recording.

    Args:
        datadir: The data dir.
        utterance: The utterance's id.
        rate: The rate wanted, in Hz; None for the recording's own.
        table: Which signal: ``wav.scp``, ``spk1.scp``, ``vocals.scp``, …
        channels: As in `load_mono`; ``"all"`` gives N × C for more than one channel.
        allow_silent: Whether an utterance that `is_silent` is taken.
        allow_pipes: Whether an entry that is a command may be run.

    Returns:
        Samples, float32, and their rate in Hz.

    Raises:
        AudiolabError: The data dir has no such utterance, or its audio is refused; see `read_wav` and `load_mono`.
    """
    recording, start, end = datadir.segment(utterance) or (utterance, 0.0, None)
    entries = datadir.table(table)
    if recording not in entries:
        raise AudiolabError(
            f"{datadir.path / table}: no entry for '{recording}'; check with utils/validate_data_dir.py"
        )
    where = f"{datadir.path / table}: {utterance}"
    samples, original = read_wav(entries[recording], allow_pipes, start, end, where)
    where = f"{where}: {entries[recording]}"
    return conform(samples, original, rate or original, channels, allow_silent, where), rate or original


def iterate_audio(
    datadir: DataDir, rate: int | None = None, **options: str | bool
) -> Iterator[tuple[str, np.ndarray, int]]:
    """Yield (utterance, samples, rate) of each utterance, in byte order; ``options`` as in `load_utterance`."""
    for utterance in datadir.utterances:
        yield (utterance, *load_utterance(datadir, utterance, rate, **options))


def resample(samples: np.ndarray, original: int, rate: int) -> np.ndarray:
    """Return ``samples``, shape N or N × C, at another rate (soxr, quality HQ); the same array at the same rate."""
    return samples if rate == original else soxr.resample(samples, original, rate, quality="HQ")


def conform(
    samples: np.ndarray, original: int, rate: int, channels: Channels, allow_silent: bool, where: str
) -> np.ndarray:
    """Return what `read_wav` gave, at ``rate`` and with as many channels as wanted; raises as `load_mono` does."""
    if samples.ndim == 2 and channels == "mono":
        raise AudiolabError(
            f"{where}: {samples.shape[1]} channels where one is wanted; mix them to one, or use --channels mix where "
            "that is an option"
        )
    if samples.ndim == 2 and channels == "mix":
        samples = samples.mean(axis=1)
    if not allow_silent and is_silent(samples):
        raise AudiolabError(
            f"{where}: silent, {len(samples)} samples without a peak above two steps of 16 bit; record it again, or "
            "leave it out (in a data dir: delete its line, then run utils/fix_data_dir.py)"
        )
    return resample(samples, original, rate)
