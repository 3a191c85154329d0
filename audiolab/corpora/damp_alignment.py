"""How the tracks of a performance of DAMP-VSEP lie to one another.

They begin at different moments: phones record late, and players and encoders add of their own. Background and voice
are aligned with the mix, the voice with what the mix has beside the background. What was found is kept in a folder of
each performance, so that a preparation goes on where it was interrupted; there are also the tracks that are no file of
one channel at the voice's rate, as FLAC.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.corpora.damp_layout import TRACKS, Performance
from audiolab.corpora.folder import is_made, new_folder
from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.audiofile import audio_info
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.mp4 import decode_mp4
from audiolab.errors import AudiolabError
from audiolab.features.delay import find_delay, without
from audiolab.files import atomic_write
from audiolab.samples import is_silent
from audiolab.textfile import read_json

_KEPT = "alignment.json"
_WHOLE = "decoded.wav"
"""A track of MP4 as it is, until it has one channel and the voice's rate."""


class Unusable(AudiolabError):
    """A performance that is to be left out: its tracks cannot be read, are silent, or too short to be aligned."""


@dataclass(frozen=True)
class Alignment:
    """The tracks of a performance and how they lie.

    Attributes:
        paths: Of each track, a file of one channel.
        rate: Of all of them, in Hz.
        samples: Of each track.
        delays: Of voice and background, by how many samples they lag behind the mix.
        confidences: Of each of both (`audiolab.features.delay.Delay`).
    """

    paths: Mapping[str, Path]
    rate: int
    samples: Mapping[str, int]
    delays: Mapping[str, int]
    confidences: Mapping[str, float]

    @property
    def skips(self) -> dict[str, int]:
        """How many samples of each track come before the moment at which all of them have begun."""
        first = max(0, *(-delay for delay in self.delays.values()))
        return {track: first + self.delays.get(track, 0) for track in TRACKS}

    @property
    def seconds(self) -> float:
        """For how long all tracks go on from there; 0 or less where they have nothing in common."""
        return min(self.samples[track] - skip for track, skip in self.skips.items()) / self.rate


def align(performance: Performance, out: str | Path, longest_delay: float) -> Alignment:
    """Return how a performance's tracks lie, as it was found before if these files are the same.

    Args:
        performance: All its tracks are there.
        out: ``<out>/<performance>/`` is written.
        longest_delay: Of a track to the mix, s.

    Raises:
        Unusable: A track cannot be read, is silent or too short to be aligned.
        AudiolabError: What has nothing to do with these files: no room on the disk, PyAV that is missing.
    """
    folder = Path(out) / performance.name
    states = {track: performance.tracks[track].stat() for track in TRACKS}
    made_from = {
        "performance": performance.name,
        "longest_delay": longest_delay,
        "files": {track: [str(performance.tracks[track]), s.st_size, s.st_mtime_ns] for track, s in states.items()},
    }
    if not is_made(folder, made_from, "performance"):
        with new_folder(folder, made_from) as new:
            rate, waves, written = _tracks(performance, new)
            found = _align(performance, waves, rate, longest_delay)
            sizes = {track: len(wave) for track, wave in waves.items()}
            with atomic_write(new / _KEPT) as file:
                json.dump({"rate": rate, "samples": sizes, "written": written, **found}, file, indent=1)
    return _kept(performance, folder)


def _kept(performance: Performance, folder: Path) -> Alignment:
    """Return what a performance's folder keeps."""
    kept = read_json(folder / _KEPT, "this alignment", f"remove {folder}")
    try:
        written = kept["written"]
        paths = {name: folder / f"{name}.flac" if name in written else performance.tracks[name] for name in TRACKS}
        return Alignment(paths, kept["rate"], kept["samples"], kept["delays"], kept["confidences"])
    except (KeyError, TypeError) as error:
        raise AudiolabError(f"{folder / _KEPT}: broken; remove {folder}, and it is made again") from error


def _tracks(performance: Performance, new: Path) -> tuple[int, dict[str, np.ndarray], list[str]]:
    """Return the voice's rate, all tracks at it, float32 [N] each, and the names of those that were written."""
    rate, waves, written = None, {}, []
    for track in TRACKS:
        path = performance.tracks[track]
        with _faults_of(path):
            source = path
            if path.suffix.lower() == ".m4a":
                source = new / _WHOLE
                decode_mp4(path, {0: source}, "FLOAT")
            _, own_rate, channels = audio_info(source)
            rate = rate or own_rate
            waves[track] = read_excerpt(source, rate, channels="mix", where="" if source == path else str(path))
            if is_silent(waves[track]):
                raise Unusable(f"{path}: silent; it cannot be aligned")
        if (source, own_rate, channels) != (path, rate, 1):
            write_audio(new / f"{track}.flac", waves[track], rate)
            written.append(track)
        (new / _WHOLE).unlink(missing_ok=True)
    return rate, waves, written


def _align(
    performance: Performance, waves: Mapping[str, np.ndarray], rate: int, longest: float
) -> dict[str, dict[str, Any]]:
    """Return the delays and confidences of background and voice."""
    vocal, background, mix = (waves[track] for track in TRACKS)
    try:
        behind = find_delay(background, mix, rate, longest)
        voice = find_delay(vocal, without(mix, background, behind.samples), rate, longest)
    except AudiolabError as error:
        raise Unusable(f"{performance.folder}: {error}") from error
    found = {"vocal": voice, "background": behind}
    return {
        "delays": {track: delay.samples for track, delay in found.items()},
        "confidences": {track: round(delay.confidence, 2) for track, delay in found.items()},
    }


@contextlib.contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    """Make errors that are about a file, and so begin with its name, ones for which a performance is left out."""
    try:
        yield
    except AudiolabError as error:
        if str(error).startswith(f"{path}:"):
            raise Unusable(str(error)) from error
        raise
