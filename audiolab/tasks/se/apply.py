"""How a trained enhancer is run: over files of any length, over mixture dirs, and over PCM as it comes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.data.files import convert_file
from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.audiofile import open_audio
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.parts import Part
from audiolab.datadir.pcm import FULL_SCALE, write_pcm
from audiolab.errors import AudiolabError
from audiolab.inference import load
from audiolab.tasks.running import WHOLE, Made, check_out, write_recordings

logger = logging.getLogger(__name__)

CLIPPED = "utt2clipped"
"""Table of a data dir of enhanced speech: how many samples of each lie over full scale, and are clipped."""

PIECE = 1 << 16
"""Most bytes that are read from a stream at a time."""


def add_options(parser: ArgumentParser) -> None:
    """Add nothing: an enhancer has no options."""


def read_options(options: Any) -> None:
    """Return nothing, as there are no options."""


def apply(options: Any, part: Part) -> DataDir:
    """Enhance the mixture dir ``options.data`` into ``options.out``, or a part of it."""
    model = load(options.model, options.device, does="enhance")
    return enhance_mixtures(model, MixtureDir(options.data), options.out, part)


class Enhancer(Protocol):
    """What is needed of an enhancer, such as `audiolab.systems.srst.predictor.Predictor`."""

    def enhance(self, wave: np.ndarray, rate: int) -> np.ndarray: ...

    def level(self, blocks: Iterable[np.ndarray], rate: int) -> Any: ...

    def stream(
        self, blocks: Iterable[np.ndarray], rate: int, level: Any = None, chunk_s: float = ...
    ) -> Iterator[np.ndarray]: ...


def enhance_file(enhancer: Enhancer, source: str | Path, out: str | Path, chunk_s: float) -> None:
    """Enhance a file of any length in bounded memory; ``out`` is written as a whole or not at all.

    It is read twice: for its level, and to be enhanced, so that the pieces of ``chunk_s`` seconds have one level.
    Formats and errors are those of `audiolab.data.files.convert_file`.
    """
    with open_audio(source) as audio:
        level = enhancer.level(audio.blocks(), audio.rate)
    convert_file(lambda blocks, rate: enhancer.stream(blocks, rate, level, chunk_s), source, out)


def enhance_mixtures(enhancer: Enhancer, mixtures: MixtureDir, out: str | Path, part: Part = WHOLE) -> DataDir:
    """Enhance the mixtures of a dir, each as a whole, and return the data dir of the results.

    Writes ``<out>/wav/<id>.wav`` (16 bit), ``wav.scp``, ``utt2spk``, ``spk2utt``, ``utt2clipped`` and ``utt2lang``
    where the dir has it. Where several jobs share the mixtures, ``part`` says which are enhanced.
    """
    about, out = DataDir(mixtures.path), Path(out)
    check_out(about, out)
    speakers = about.table("utt2spk")
    missing = [name for name in mixtures.ids if name not in speakers]
    if missing:
        raise AudiolabError(f"{mixtures.path}/utt2spk: no '{missing[0]}'; make the set again")
    tables = {name: about.table(name) for name in ("utt2spk", "utt2lang") if about.has(name)}

    def enhance(name: str, index: int) -> Made:
        speech, noise = mixtures.parts(index)
        told = {table: of[name] for table, of in tables.items() if name in of}
        return Made(enhancer.enhance(speech + noise, mixtures.rate), mixtures.rate, told)

    chosen = {mixtures.ids[index]: index for index in part.of(range(len(mixtures.ids)))}
    made = write_recordings(chosen, enhance, out, part, CLIPPED, "mixtures")
    if files := sum(count != "0" for count in made.table(CLIPPED).values()):
        logger.warning("%s: %d of %d files have samples over full scale, which are clipped", out, files, len(chosen))
    return made


def enhance_pcm(enhancer: Enhancer, source: BinaryIO, out: BinaryIO, rate: int, channels: int, chunk_s: float) -> int:
    """Enhance 16-bit little-endian PCM as it comes; its level is that of what has been heard so far.

    Args:
        enhancer: The model.
        source: Interleaved samples; has ``read1``, as ``sys.stdin.buffer`` has.
        out: Takes the same number of samples.
        rate: Of both, in Hz.
        channels: Of both.
        chunk_s: Seconds that are enhanced at a time.

    Returns:
        How many samples were over full scale, and are clipped.

    Raises:
        AudiolabError: The source ends within a sample; all that was whole is enhanced and written before. The output
            cannot be written.
        BrokenPipeError: Nobody reads the output any more.
    """
    pieces, clipped = _Pieces(source, channels), 0
    for block in enhancer.stream(pieces, rate, None, chunk_s):
        clipped += write_pcm(out, block)
    if pieces.rest:
        raise AudiolabError(
            f"the input ends {pieces.rest} bytes into a sample of {2 * channels} ({channels} channels of 16 bit); what "
            "came before is enhanced; give --channels as they are, and all of the stream"
        )
    return clipped


HEADERS = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"FORM", b".snd", b"ID3\x03", b"ID3\x04")
"""With which audio files begin."""


class _Pieces:
    """PCM in blocks [n, channels], float32; ``rest`` is how many bytes of an incomplete sample came last.

    Raises:
        AudiolabError: What comes is a file with a header.
    """

    def __init__(self, source: BinaryIO, channels: int) -> None:
        self.rest = 0
        self._source, self._channels = source, channels

    def __iter__(self) -> Iterator[np.ndarray]:
        head, held, frame = b"", b"", 2 * self._channels
        while data := self._source.read1(PIECE):
            held += data
            if len(head) < 4:
                head = (head + data)[:4]
                if head.startswith(HEADERS):
                    raise AudiolabError("the input is an audio file, not PCM as it is: give the file as an argument")
            whole = len(held) - len(held) % frame
            if whole:
                samples = np.frombuffer(held[:whole], "<i2").reshape(-1, self._channels)
                yield samples.astype(np.float32) / FULL_SCALE
            held = held[whole:]
        self.rest = len(held)
