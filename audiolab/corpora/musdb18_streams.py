"""MUSDB18's ``.stem.mp4`` files, decoded once into folders like MUSDB18-HQ's."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import soundfile

from audiolab.corpora.folder import is_made, new_folder
from audiolab.corpora.musdb18_layout import STEMS, Found
from audiolab.datadir.audiowrite import audio_writer
from audiolab.datadir.mp4 import decode_mp4
from audiolab.errors import AudiolabError
from audiolab.work import each, processes

_MOST_FRAMES = 4
"""By so many frames of AAC, of 1024 samples, the streams of one file may differ in length."""

_BLOCK = 1 << 18


def decoded(songs: Sequence[Found], out: str | Path, nj: int = 1) -> list[Found]:
    """Return the songs, those of ``.stem.mp4`` files as folders of FLAC files (16 bit) below ``out``.

    What was decoded from the same files before is taken as it is. The streams of a file are cut to the length of the
    shortest. AAC may pass full scale: what does is clipped, and its samples counted in the log.

    Args:
        songs: What was found.
        out: ``<out>/<part>/<song>/<stem>.flac`` is written.
        nj: Processes.

    Raises:
        AudiolabError: PyAV is missing; a file is damaged or has other streams; no room.
    """
    files = [song for song in songs if song.stems is None]
    if not files:
        return list(songs)
    logging.info("decoding %d .stem.mp4 files into %s", len(files), out)
    with processes(nj):
        made = dict(zip(map(_key, files), each(_decode, files, Path(out))))
    faults = [fault for fault in made.values() if isinstance(fault, str)]
    if faults:
        raise AudiolabError(faults[0] + (f" ({len(faults)} songs have faults)" if len(faults) > 1 else ""))
    return [made.get(_key(song), song) for song in songs]


def _key(song: Found) -> tuple[str, str]:
    return song.part, song.name


def _decode(song: Found, out: Path) -> Found:
    """Decode one song, unless that was done, and return its folder."""
    folder = out / song.part / song.name
    state = song.path.stat()
    made_from = {"file": song.path.name, "size": state.st_size, "mtime_ns": state.st_mtime_ns}
    if not is_made(folder, made_from, "file"):
        with new_folder(folder, made_from) as new:
            paths = {number: new / f"{stem}.flac" for number, stem in enumerate(STEMS)}
            _cut_alike(song.path, paths, decode_mp4(song.path, paths))
    return replace(song, path=folder, stems={stem: folder / f"{stem}.flac" for stem in STEMS})


def _cut_alike(song: Path, paths: dict[int, Path], lengths: dict[int, int]) -> None:
    """Cut the decoded streams to the length of the shortest."""
    shortest = min(lengths.values())
    if max(lengths.values()) - shortest > 1024 * _MOST_FRAMES:
        raise AudiolabError(f"{song}: its streams have {shortest} to {max(lengths.values())} samples; get it again")
    for number, path in paths.items():
        if lengths[number] > shortest:
            longer = path.rename(path.with_suffix(".longer.flac"))
            with soundfile.SoundFile(longer) as file, audio_writer(path, file.samplerate, file.channels) as write:
                for first in range(0, shortest, _BLOCK):
                    write(file.read(min(_BLOCK, shortest - first), dtype="float32", always_2d=True))
            longer.unlink()
