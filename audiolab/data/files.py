"""Audio files of any length through what makes other audio of them, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from audiolab.datadir.apart import check_not_read
from audiolab.datadir.audiofile import open_audio
from audiolab.datadir.audiowrite import audio_writer
from audiolab.datadir.entry import files_of
from audiolab.errors import AudiolabError


def convert_file(
    stream: Callable[[Iterable[np.ndarray], int], Iterable[np.ndarray]], source: str | Path, out: str | Path
) -> None:
    """Convert a file of any length in bounded memory; ``out`` is written as a whole or not at all.

    Args:
        stream: Takes blocks [n, channels] and their rate in Hz, and gives converted blocks.
        source: Audio that libsndfile reads.
        out: Its ending names the format; the sample format is the source's where that format has it.

    Raises:
        AudiolabError: The source is missing or broken, is what would be written, or holds NaN or floats on the scale of
            integers, or of a rate that cannot be converted; the ending is unknown, or its format does not take the
            source's rate or channels; the disk is full.
    """
    check_not_read(out, *files_of(str(source)))
    with open_audio(source) as audio:
        blocks = named(source, lambda: stream(audio.blocks(), audio.rate))
        with audio_writer(out, audio.rate, audio.channels, audio.subtype) as write:
            for block in blocks:
                write(block)


def named(source: str | Path, blocks: Callable[[], Iterable[np.ndarray]]) -> Iterator[np.ndarray]:
    """Yield blocks, and name the file that they come from in errors that do not."""
    try:
        yield from blocks()
    except AudiolabError as error:
        if str(source) in str(error):
            raise
        raise AudiolabError(f"{source}: {error}") from error
