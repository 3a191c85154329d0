"""One reader of audio for all: excerpts of recordings, at the rate and channel count that the caller works with."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import soxr

from audiolab.datadir.audiofile import Recording, open_audio
from audiolab.datadir.combined import Combined
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.samples import is_silent

Channels = Literal["mono", "mix", "all"]
"""``"mono"``: more than one channel is an error; ``"mix"``: the mean of the channels; ``"all"``: N × C where C > 1."""

_MARGIN_S = 0.05
_MARGIN_SAMPLES = 400
"""What is resampled around an excerpt and cut off again, in seconds and in samples of the lower rate: the longer of the
two, which soxr's filter does not reach beyond."""


def read_excerpt(
    entry: str | Path,
    rate: int | None = None,
    start: int = 0,
    samples: int | None = None,
    *,
    channels: Channels = "mono",
    allow_silent: bool = True,
    allow_pipes: bool = False,
    where: str = "",
) -> np.ndarray:
    """Read an excerpt of what a ``wav.scp`` entry names.

    Args:
        entry: A path, or what else an entry may be (`audiolab.datadir.entry`).
        rate: The sampling rate wanted, in Hz; None for the recording's own.
        start: The excerpt's first sample, at ``rate``.
        samples: How many, at ``rate``; None for all that follow.
        channels: What is done with several channels, `Channels`.
        allow_silent: Whether what `is_silent` is taken.
        allow_pipes: Whether an entry that is a command may be run.
        where: What begins an error message, such as a table and an utterance.

    Returns:
        float32, shape N, or N × C for several channels that are wanted. At another rate it is a slice of the whole
        recording, resampled by soxr at its quality HQ, but for the last bits (−110 dB), wherever it is cut.

    Raises:
        AudiolabError: The recording is not that long, has several channels, is silent, or as `read_wav` does.
    """
    with open_audio(entry, allow_pipes, where) as recording:
        return excerpt_of(recording, rate, start, samples, channels, allow_silent)


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
        channels: What is done with several channels, `Channels`.
        allow_silent: Whether an utterance that `is_silent` is taken.
        allow_pipes: Whether an entry that is a command may be run.

    Returns:
        Samples, float32, and their rate in Hz. A segment is a slice of the whole recording at that rate.

    Raises:
        AudiolabError: The data dir has no such utterance, or its audio is refused; see `read_excerpt`.
    """
    with open_utterance(datadir, utterance, table, allow_pipes) as recording:
        rate = rate or recording.rate
        return utterance_of(datadir, utterance, recording, rate, channels, allow_silent), rate


@contextlib.contextmanager
def open_utterance(
    datadir: DataDir, utterance: str, table: str = "wav.scp", allow_pipes: bool = False
) -> Iterator[Recording | Combined]:
    """Open the recording in which an utterance is; arguments and errors are those of `load_utterance`."""
    segment, entries = datadir.segment(utterance), datadir.table(table)
    name = segment.recording if segment else utterance
    if name not in entries:
        raise AudiolabError(f"{datadir.path / table}: no entry for '{name}'; check with utils/validate_data_dir.py")
    with open_audio(entries[name], allow_pipes, f"{datadir.path / table}: {utterance}") as recording:
        yield recording


def utterance_of(
    datadir: DataDir,
    utterance: str,
    recording: Recording | Combined,
    rate: int,
    channels: Channels = "mono",
    allow_silent: bool = False,
) -> np.ndarray:
    """Return an utterance's samples at a rate, out of its open recording; raises as `span_of` and `excerpt_of` do."""
    start, samples = span_of(datadir, utterance, recording, rate)
    return excerpt_of(recording, rate, start, samples, channels, allow_silent)


def span_of(datadir: DataDir, utterance: str, recording: Recording | Combined, rate: int) -> tuple[int, int]:
    """Return an utterance's first sample in its recording, and how many it has, at a rate; raises as `Segment.span`."""
    length = length_at(recording.samples, recording.rate, rate)
    segment = datadir.segment(utterance)
    return segment.span(rate, length, recording.where) if segment else (0, length)


def excerpt_of(
    recording: Recording | Combined,
    rate: int | None = None,
    start: int = 0,
    samples: int | None = None,
    channels: Channels = "mono",
    allow_silent: bool = True,
) -> np.ndarray:
    """Return an excerpt of an open recording; arguments, value and errors are those of `read_excerpt`."""
    rate = rate or recording.rate
    length = length_at(recording.samples, recording.rate, rate)
    samples = length - start if samples is None else samples
    if not 0 <= start <= start + samples <= length:
        asked = f"samples {start} to {start + samples} that are asked for"
        raise AudiolabError(f"{recording.where} has {length} samples at {rate} Hz, not the {asked}")
    if channels == "mono" and recording.channels > 1:
        raise AudiolabError(
            f"{recording.where}: {recording.channels} channels where one is wanted; mix them to one, name one as in "
            "a.wav[channel=0], or use --channels mix where that is an option"
        )
    if rate == recording.rate:
        wave = _with_channels(recording.read(start, start + samples), channels)
    else:
        wave = _resampled(recording, rate, start, samples, channels)
    if not allow_silent and (not len(wave) or is_silent(wave)):
        raise AudiolabError(
            f"{recording.where}: silent, {len(wave)} samples without a peak above two steps of 16 bit; record it "
            "again, or leave it out (in a data dir: delete its line, then run utils/fix_data_dir.py)"
        )
    return wave


def length_at(samples: int, original: int, rate: int) -> int:
    """Return how many samples at ``rate`` soxr makes of those at the rate ``original``: rounded, a half upwards."""
    return (2 * samples * rate + original) // (2 * original)


def resample(samples: np.ndarray, original: int, rate: int) -> np.ndarray:
    """Return floats, shape N or N × C, at another rate (soxr, quality HQ); the same array at the same rate.

    At its ends the signal counts as going on as its first and its last sample are, not as falling to zero: so an offset
    does not ring there. There are `length_at` samples.
    """
    if rate == original:
        return samples
    common = math.gcd(original, rate)
    reach = math.ceil(_MARGIN_SAMPLES * max(1, original / rate))
    periods = -(-reach // (original // common))  # whole ones, so that nothing is shifted by a part of a sample
    before = np.repeat(samples[:1], periods * (original // common), axis=0)
    after = np.repeat(samples[-1:], reach, axis=0)
    made = soxr.resample(np.concatenate([before, samples, after]), original, rate, quality="HQ")
    begin = periods * (rate // common)
    return made[begin : begin + length_at(len(samples), original, rate)]


def _resampled(recording: Recording | Combined, rate: int, start: int, samples: int, channels: Channels) -> np.ndarray:
    """Return an excerpt at another rate than the recording's.

    What is read begins where a sample of the one rate falls on a sample of the other, so that excerpts are not shifted
    by parts of a sample.
    """
    original, common = recording.rate, math.gcd(recording.rate, rate)
    margin = math.ceil(max(_MARGIN_S * rate, _MARGIN_SAMPLES * rate / min(rate, original)))
    period = max(0, start - margin) // (rate // common)
    first, offset = period * (original // common), start - period * (rate // common)
    last = min(recording.samples, -(-(start + samples + margin) * original // rate))
    wave = resample(_with_channels(recording.read(first, last), channels), original, rate)
    return wave[offset : offset + samples]


def _with_channels(samples: np.ndarray, channels: Channels) -> np.ndarray:
    """Return [N, C] as [N] where that is one channel or its mean is wanted."""
    if samples.shape[1] == 1:
        return samples[:, 0]
    return samples.mean(axis=1) if channels == "mix" else samples
