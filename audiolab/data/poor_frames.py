"""Poor frames of songs' labels, and the songs that have the fewest (noisy self-training, §2.1.1).

A frame is poor where the accompaniment's share of the vocals' energy, or the vocals' share of the accompaniment's, is
above a threshold; detectors predict both. A silent frame of a track has no share, and is not poor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError
from audiolab.waiting import told

TABLE = "utt2poor"
"""Table of a song dir: ``<utterance> <poor frames> <frames>``."""

PIECE_S = 30.0
"""Seconds that a detector hears at a time: as long as the paper's pieces of songs."""


class Detector(Protocol):
    """What is needed of a detector, such as `audiolab.systems.activity.predictor.Predictor`."""

    source: str
    rate: int
    hop: int

    def ratios(self, waves: np.ndarray) -> np.ndarray: ...


def count_poor_frames(
    songs: StemDir, detectors: Mapping[str, Detector], threshold: float, chosen: Sequence[int], piece_s: float = PIECE_S
) -> dict[str, tuple[int, int]]:
    """Return id -> (poor frames, frames) of pieces of songs.

    Args:
        songs: The song dir, read at the detectors' rate.
        detectors: Source -> what predicts its share. That of each is let loose on the other's track.
        threshold: Share of energy, 0 to 1, above which a frame is poor.
        chosen: Numbers of the pieces.
        piece_s: Longer ones are heard in parts of this length, in seconds.

    Raises:
        AudiolabError: A detector is of another source, of another rate or with another hop, or gives NaN.
    """
    hops = {source: detector.hop for source, detector in detectors.items()}
    if len(set(hops.values())) > 1:
        each = ", ".join(f"of {source} {hop} samples" for source, hop in hops.items())
        raise AudiolabError(f"the models' frames do not go together: hop {each}; train them with one system_conf.hop")
    for source, detector in detectors.items():
        if detector.source != source:
            raise AudiolabError(f"the model for {source} was trained for {detector.source}; exchange them")
        if detector.rate != songs.rate:
            raise AudiolabError(
                f"{songs.path}: read at {songs.rate} Hz, but the model for {source} is of {detector.rate} Hz"
            )
    found = {}
    for number in told(chosen, "pieces of songs"):
        poor = frames = 0
        for start, samples in _parts(int(songs.lengths[number]), round(piece_s * songs.rate)):
            bad = np.zeros(1, bool)
            for track, other in zip(SOURCES, reversed(SOURCES)):
                shares = detectors[other].ratios(songs.read(number, track, start, samples)[None])[0]
                if not np.isfinite(shares).all():
                    raise AudiolabError(
                        f"{songs.path}: {songs.ids[number]}: the model for {other} gives NaN; train it again"
                    )
                bad = bad | (shares > threshold)
            poor, frames = poor + int(bad.sum()), frames + len(bad)
        found[songs.ids[number]] = (poor, frames)
    return found


def _parts(length: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield first sample and length of parts of a piece, which are alike in length but for one sample."""
    count = max(1, -(-length // most))
    ends = [length * number // count for number in range(count + 1)]
    yield from ((first, stop - first) for first, stop in pairwise(ends))


def read_poor_frames(path: str | Path) -> dict[str, tuple[int, int]]:
    """Return a table ``utt2poor``: id -> (poor frames, frames); `AudiolabError` where it is none."""
    found = {}
    for name, text in read_table(path).items():
        fields = text.split()
        if len(fields) != 2 or not all(map(str.isdecimal, fields)) or not int(fields[0]) <= int(fields[1]) > 0:
            raise AudiolabError(f"{path}: {name}: '{text}' is no number of poor frames and of frames; count them again")
        found[name] = (int(fields[0]), int(fields[1]))
    if not found:
        raise AudiolabError(f"{path}: no piece of a song in it; count poor frames again")
    return found


def poor_shares(songs: StemDir) -> dict[str, float]:
    """Return song -> share of its frames that are poor, 0 to 1, of a song dir that has `TABLE`.

    Raises:
        AudiolabError: The table is missing or broken, or has not the pieces that the dir has.
    """
    counts, pieces = read_poor_frames(songs.path / TABLE), dict(zip(songs.ids, songs.songs))
    if odd := sorted(pieces.keys() ^ counts.keys()):
        raise AudiolabError(
            f"{songs.path / TABLE}: '{odd[0]}' is not in both it and the song dir; count poor frames again"
        )
    return shares_of_songs(counts, pieces)


def shares_of_songs(counts: Mapping[str, tuple[int, int]], songs: Mapping[str, str]) -> dict[str, float]:
    """Return song -> share of its frames that are poor, 0 to 1.

    Args:
        counts: Piece -> (poor frames, frames).
        songs: Piece -> its song.
    """
    totals: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(2, np.int64))
    for name, count in counts.items():
        totals[songs[name]] += count
    return {song: float(poor / frames) for song, (poor, frames) in totals.items()}


def best_songs(shares: Mapping[str, float], percent: float) -> list[str]:
    """Return the ``percent`` of songs with the smallest shares of poor frames, sorted; one at least.

    Of songs with equal shares those come first whose names do.
    """
    ranked = sorted(shares, key=lambda song: (shares[song], song))
    return sorted(ranked[: _count(len(ranked), percent)])


def songs_by_chance(songs: Collection[str], percent: float, rng: np.random.Generator) -> list[str]:
    """Return ``percent`` of songs, sorted, as many as `best_songs` gives, drawn without regard to what they hold."""
    return sorted(rng.permutation(sorted(songs))[: _count(len(songs), percent)].tolist())


def _count(songs: int, percent: float) -> int:
    """Return how many songs ``percent`` of them are, one at least."""
    return max(1, round(songs * percent / 100))
