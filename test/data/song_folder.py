"""Song dirs of small synthetic songs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from audiolab.data.stem_dir import SOURCES
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.datadir import write_data_dir

RATE = 16000

Waves = Mapping[str, Mapping[str, np.ndarray]]
"""Song -> source -> samples."""


def noises(songs: int = 3, seconds: float = 2.5, rate: int = RATE, seed: int = 0) -> dict[str, dict[str, np.ndarray]]:
    """Return songs of noise, whose ids are s0, s1, …."""
    generator = np.random.default_rng(seed)
    length = round(seconds * rate)
    return {
        f"s{song}": {source: 0.1 * generator.standard_normal(length) for source in SOURCES} for song in range(songs)
    }


def make_songs(folder: Path, waves: Waves, piece_s: float | None = 1.0, rate: int = RATE, **tables: dict) -> Path:
    """Write a song dir of waveforms, in pieces ``<song>-<n>`` by reference, or whole songs; return it.

    Args:
        folder: Dir to write; its recordings are in ``wav/``.
        waves: Songs.
        piece_s: Length of the pieces in seconds; None: no ``segments``.
        rate: Of the waveforms, in Hz.
        tables: Tables in place of those that are made.
    """
    made: dict[str, dict[str, str]] = {name: {} for name in ("utt2spk", "utt2song", "segments")}
    files = {source: {song: folder / "wav" / f"{song}.{source}.wav" for song in waves} for source in SOURCES}
    for song, of in waves.items():
        for source, wave in of.items():
            write_audio(files[source][song], wave, rate, subtype="FLOAT")
        seconds = len(of["vocals"]) / rate
        starts = [0.0] if piece_s is None else np.arange(0, seconds, piece_s)
        for number, start in enumerate(starts):
            piece = song if piece_s is None else f"{song}-{number}"
            made["utt2spk"][piece] = made["utt2song"][piece] = song
            made["segments"][piece] = f"{song} {start:.6f} {min(seconds, start + (piece_s or seconds)):.6f}"
    if piece_s is None:
        del made["segments"]
    made["wav.scp"] = {song: " + ".join(str(files[source][song]) for source in SOURCES) for song in waves}
    made |= {f"{source}.scp": {song: str(file) for song, file in files[source].items()} for source in SOURCES}
    write_data_dir(folder, made | {name.replace("_scp", ".scp"): table for name, table in tables.items()})
    return folder
