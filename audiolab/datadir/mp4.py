"""Audio streams of MP4 files (``.m4a``, ``.stem.mp4``), decoded into files of their own, by FFmpeg's libraries in PyAV.

No reader of data dirs decodes MP4: what a corpus has of it is decoded once, by its preparation.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from audiolab.datadir.audiowrite import audio_writer
from audiolab.errors import AudiolabError, shown
from audiolab.files import atomic_write

_FRAME = 1024
"""Samples of a frame of AAC."""

_SLACK = 4 * _FRAME
"""Samples that encoders may count besides the sound."""


def decode_mp4(path: str | Path, outs: Mapping[int, str | Path], subtype: str = "PCM_16") -> dict[int, int]:
    """Decode audio streams of a file into audio files, in one pass and in bounded memory.

    Delays that an encoder has put before the sound are left out, as far as the file tells of them.

    Args:
        path: An MP4 file.
        outs: Number of an audio stream, from 0 -> the file to write (``.wav``, ``.flac``), at the stream's rate and
            with its channels.
        subtype: Sample format, as of `audiolab.datadir.audiowrite.audio_writer`.

    Returns:
        Number of a stream -> how many samples of each channel were written.

    Raises:
        AudiolabError: PyAV is missing; the file is no MP4, is damaged, ends early or has no such stream.
    """
    av = _av()
    with _told(av, path), contextlib.ExitStack() as stack:
        container = stack.enter_context(av.open(str(path), format="mp4"))
        streams = {number: _stream(path, container, number) for number in outs}
        numbers = {stream.index: number for number, stream in streams.items()}
        writers = {
            number: stack.enter_context(audio_writer(outs[number], stream.rate, stream.channels, subtype))
            for number, stream in streams.items()
        }
        written = dict.fromkeys(outs, 0)
        for stream, block in _blocks(container, list(streams.values())):
            number = numbers[stream]
            writers[number](block)
            written[number] += len(block)
        _check_whole(path, streams, written)
    return written


def encode_mp4(path: str | Path, waves: Sequence[np.ndarray], rate: int, kbps: int = 256) -> None:
    """Write an MP4 file with a stream of AAC for each wave; all of it is held in memory.

    Args:
        path: The file.
        waves: float32 [N, 1 or 2] each, within full scale.
        rate: Sampling rate, Hz.
        kbps: Of each stream, kilobits a second.

    Raises:
        AudiolabError: PyAV is missing, or the file cannot be written.
    """
    av = _av()
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        layouts = ["mono" if wave.shape[1] == 1 else "stereo" for wave in waves]
        streams = [container.add_stream("aac", rate=rate, layout=layout) for layout in layouts]
        for stream in streams:
            stream.bit_rate = 1000 * kbps
        for first in range(0, max(map(len, waves)), _FRAME):
            for stream, wave, layout in zip(streams, waves, layouts):
                block = np.ascontiguousarray(wave[first : first + _FRAME].T, dtype=np.float32)
                if block.size:
                    frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
                    frame.sample_rate, frame.pts = rate, first
                    container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    with atomic_write(path, "wb") as file:
        file.write(buffer.getvalue())


def _av() -> ModuleType:
    try:
        return importlib.import_module("av")
    except ImportError as error:
        raise AudiolabError(
            "PyAV is missing, which decodes MP4: pip install av; or decode the files yourself, by ffmpeg"
        ) from error


def _stream(path: str | Path, container: Any, number: int) -> Any:
    found = container.streams.audio
    if number >= len(found):
        raise AudiolabError(f"{path}: has {len(found)} audio streams, and no stream {number}; they are counted from 0")
    return found[number]


def _blocks(container: Any, streams: list[Any]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index of the stream, float32 [n, channels]) in the order of the file."""
    for packet in container.demux(streams):
        for frame in packet.decode():
            planes = frame.to_ndarray()
            block = planes.T if frame.format.is_planar else planes.reshape(-1, frame.layout.nb_channels)
            if block.dtype.kind == "i":
                block = block / -float(np.iinfo(block.dtype).min)
            yield packet.stream.index, np.ascontiguousarray(block, dtype=np.float32)


def _check_whole(path: str | Path, streams: Mapping[int, Any], written: Mapping[int, int]) -> None:
    """Raise where a stream gave less than its header tells of, but for what an encoder adds to fill its last frame."""
    for number, stream in streams.items():
        expected = float(stream.duration * stream.time_base) * stream.rate if stream.duration else 0
        if written[number] < max(1, expected - _SLACK):
            raise AudiolabError(
                f"{path}: stream {number} ends after {written[number]} of {expected:.0f} samples; get the file again"
            )


@contextlib.contextmanager
def _told(av: ModuleType, path: str | Path) -> Iterator[None]:
    """Turn FFmpeg's errors into ones for people."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise AudiolabError(f"{path}: cannot be decoded as MP4: {shown(str(error.strerror or error))}") from error
