"""The song dir of what was separated: the pieces of another one, whose sources are estimates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from audiolab.data.stem_dir import SOURCES
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.parts import Part
from audiolab.tasks.running import Made, check_out, write_recordings

CLIPPED = "utt2clipped"
"""Table of a data dir of separated songs: how many samples of each were clipped, which floats are not."""

KEPT = ("utt2spk", "utt2song", "utt2lang")
"""What a song dir says of its pieces that is true of the estimates too."""


def write_separated(
    songs: DataDir, separate: Callable[[str], tuple[Mapping[str, np.ndarray], int]], out: str | Path, part: Part
) -> DataDir:
    """Separate the pieces of a song dir, and return the song dir of the estimates.

    Writes ``<out>/wav/<id>.<source>.wav``, ``<source>.scp``, ``wav.scp`` (their sum), `CLIPPED`, and `KEPT` as they
    are; in place of a missing ``utt2song``, the recordings that pieces are of. Samples are floats: an estimate may pass
    full scale, and one of silence, rounded to 16 bit, would be zero throughout, which museval leaves out.

    Args:
        songs: The song dir.
        separate: Gives source -> estimate, [N] or [N, channels], and the rate in Hz, of a piece.
        out: The song dir to write.
        part: Which pieces, where several jobs share them.

    Raises:
        AudiolabError: As ``separate``; ``out`` is not apart from what is read, or an id cannot name a file.
    """
    check_out(songs, out)
    tables = {name: songs.table(name) for name in KEPT if songs.has(name)}
    if "utt2song" not in tables and songs.segmented:
        tables["utt2song"] = {name: songs.segment(name).recording for name in songs.utterances}

    def make(name: str, _: str) -> Made:
        waves, rate = separate(name)
        return Made(waves, rate, {table: of[name] for table, of in tables.items() if name in of})

    chosen = {name: name for name in part.of(songs.utterances)}
    return write_recordings(chosen, make, Path(out), part, CLIPPED, "pieces of songs", SOURCES, "FLOAT")
