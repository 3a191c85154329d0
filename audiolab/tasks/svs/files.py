"""Songs in files through a separator: a file for each source, and for what the mixture is without it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import numpy as np

from audiolab.data.files import named
from audiolab.datadir.apart import check_not_read
from audiolab.datadir.audiofile import BLOCK, open_audio
from audiolab.datadir.audiowrite import audio_writer
from audiolab.files import replaced_together
from audiolab.synthesis.limiter import CEILING
from audiolab.synthesis.streaming import Blocks, Held
from audiolab.waiting import told

logger = logging.getLogger(__name__)

Format = Literal["wav", "flac"]
Bits = Literal["16", "24", "float"]
ClipMode = Literal["rescale", "clamp"]

SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}


class Separator(Protocol):
    """What is needed of a separator, such as `audiolab.systems.poconet.predictor.Predictor`."""

    rate: int
    sources: tuple[str, ...]

    def level(self, blocks: Iterable[np.ndarray], rate: int) -> Any: ...

    def stream(
        self, blocks: Iterable[np.ndarray], rate: int, level: Any, high_band: bool, chunk_s: float, overlap: float
    ) -> Iterator[np.ndarray]: ...


@dataclass(frozen=True)
class Wanted:
    """What is made of a song, and how it is written.

    Attributes:
        sources: Which sources.
        rest: Of each source also the mixture minus it.
        format: Kind of files.
        bits: Sample format.
        clip_mode: What is done where samples pass full scale and the sample format cannot: ``rescale`` lowers all that
            is made of the song alike, ``clamp`` clips them.
        high_band: As for the separator's ``stream``, as all that follows.
        chunk_s: Seconds.
        overlap: Share.
    """

    sources: tuple[str, ...]
    rest: bool = False
    format: Format = "wav"
    bits: Bits = "16"
    clip_mode: ClipMode = "rescale"
    high_band: bool = True
    chunk_s: float = 10.0
    overlap: float = 0.25

    @property
    def names(self) -> list[str]:
        """The files of a song, in the order in which `separate_song` has them."""
        names = [*self.sources, *(f"no_{source}" for source in self.sources if self.rest)]
        return [f"{name}.{self.format}" for name in names]


def separate_song(separator: Separator, source: str | Path, folder: Path, wanted: Wanted) -> int:
    """Separate a song of any length in bounded memory; its files are written all together or not at all.

    It is read twice: for its level, and to be separated. What is made stands on the disk as floats until the highest
    peak is known. The mixture is, to the last bit that a file has, the sum of a source and the rest without it, where
    nothing was clipped.

    Args:
        separator: Separates.
        source: Audio that libsndfile reads.
        folder: Where the files named by ``wanted`` go.
        wanted: Which ones.

    Returns:
        How many samples passed full scale.

    Raises:
        AudiolabError: The song is missing or broken, or is one of the files that are to be written; the disk is full.
    """
    for name in wanted.names:
        check_not_read(folder / name, source)
    with open_audio(source) as audio:
        level = separator.level(audio.blocks(), audio.rate)
        mixture = Held(told(audio.blocks(), f"pieces of {Path(source).name}", -(-audio.samples // BLOCK)))
        with replaced_together(folder) as staged, tempfile.TemporaryFile(dir=staged) as spool, ExitStack() as stack:
            form = (audio.rate, audio.channels, SUBTYPES[wanted.bits])
            writers = [
                stack.enter_context(audio_writer(staged / name, *form, folder / name, audio.samples))
                for name in wanted.names
            ]
            options = (wanted.high_band, wanted.chunk_s, wanted.overlap)
            made = named(source, lambda: separator.stream(mixture, audio.rate, level, *options))
            chosen = [separator.sources.index(name) for name in wanted.sources]
            over, peak = _spooled(_signals(made, mixture, chosen, wanted.rest), spool)
            gain = 1.0
            if peak > 1 and wanted.bits != "float" and wanted.clip_mode == "rescale":
                gain = CEILING / peak
                lowered = -20 * np.log10(gain)
                logger.warning("%s: %d samples would pass full scale: all is lowered by %.2f dB", source, over, lowered)
            for block in _read_back(spool, (len(writers), audio.channels)):
                for write, signal in zip(writers, _on_grid(gain * block, wanted.bits).swapaxes(0, 1)):
                    write(signal)
    return over


def _signals(made: Iterable[np.ndarray], mixture: Held, chosen: list[int], rest: bool) -> Blocks:
    """Yield the chosen sources of blocks [n, sources, channels], and behind them the mixture without each of them."""
    for block in made:
        sources, whole = block[:, chosen], mixture.take(len(block))
        yield np.concatenate([sources, whole[:, None] - sources], axis=1) if rest else sources


def _spooled(blocks: Iterable[np.ndarray], spool: IO[bytes]) -> tuple[int, float]:
    """Write blocks into a file as they are; return how many samples pass full scale, and the highest peak."""
    over, peak = 0, 0.0
    for block in blocks:
        magnitude = np.abs(block)
        over += int((magnitude > 1).sum())
        peak = max(peak, float(magnitude.max(initial=0)))
        spool.write(np.ascontiguousarray(block, dtype=np.float32).data)
    return over, peak


def _read_back(spool: IO[bytes], shape: tuple[int, int]) -> Blocks:
    """Yield what `_spooled` wrote, in blocks [n, *shape]."""
    spool.seek(0)
    size = 4 * shape[0] * shape[1] * (BLOCK // 4)
    while data := spool.read(size):
        yield np.frombuffer(data, np.float32).reshape(-1, *shape)


def _on_grid(samples: np.ndarray, bits: Bits) -> np.ndarray:
    """Return samples rounded to the nearest that a file has: libsndfile takes the next lower one."""
    if bits == "float":
        return samples
    steps = np.float32(1 << (int(bits) - 1))
    return np.rint(samples * steps) / steps
