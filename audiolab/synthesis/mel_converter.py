"""Voice conversion by mel spectrogram: any mapping of AutoVC's mel, for audio of any length, rate and channel count.

Knows no paper: the mapping takes spectrograms, and a vocoder makes audio of what it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.samples import check_rate
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.long_audio import Pieces, segments
from audiolab.synthesis.mel_vocoder import MelVocoder
from audiolab.synthesis.streaming import Blocks, Counted, at_once, at_rate

Mapping = Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]
"""Takes spectrograms in blocks [n, channels, bands], and gives others, together as many frames."""

_PIECE, _CONTEXT = 2000, 64
"""Frames that are analysed at a time, and on either side of them: a second, in which the high-pass has rung out."""


class MelConverter:
    """Analysis, mapping of the mel spectrogram, and a vocoder.

    The mel has absolute levels, and the mapping hears them: nothing is done to the level before or behind it, so a soft
    recording is converted as soft speech, at the level that the mapping gives it. Channels are converted each by
    itself. What lies outside of the mel's bands is lost, and phases are the vocoder's. Frames are centred on multiples
    of the hop, so what stands behind the last of them, less than a hop, is silence.

    Args:
        mapping: What converts spectrograms.
        vocoder: What makes audio of them.

    Attributes:
        analysis: How spectrograms are made of audio: the vocoder's.
    """

    def __init__(self, mapping: Mapping, vocoder: MelVocoder) -> None:
        self.analysis = vocoder.analysis
        self._mapping, self._vocoder, self._extract = mapping, vocoder, LogMel(vocoder.analysis)

    def convert(
        self, wave: np.ndarray, rate: int, limiter: Limiter | None = None, keep: list[np.ndarray] | None = None
    ) -> np.ndarray:
        """Return converted audio of the same shape, [N] or [N, channels], float32, at the same rate.

        Args:
            wave: Floats with full scale ±1, any length.
            rate: Its rate in Hz, the analysis' or a higher one.
            limiter: Counts what would have passed full scale.
            keep: Is given the converted spectrograms, as of `stream`.

        Raises:
            AudiolabError: What `at_once` and `stream` refuse.
        """
        return at_once(lambda blocks, rate: self.stream(blocks, rate, limiter, keep), wave, rate)

    def stream(
        self,
        blocks: Iterable[np.ndarray],
        rate: int,
        limiter: Limiter | None = None,
        keep: list[np.ndarray] | None = None,
    ) -> Blocks:
        """Yield converted audio, as long as what came, in bounded memory.

        It stays within full scale as long as what comes does.

        Args:
            blocks: float32 [n, channels] each.
            rate: Their rate in Hz; the result's too.
            limiter: Counts what would have passed full scale.
            keep: Is given the converted spectrograms, blocks [n, channels, bands], which grow with the audio.

        Raises:
            AudiolabError: A rate that cannot be, or is lower than the analysis'; samples that cannot be audio.
        """
        check_rate(rate)
        own = self.analysis.rate
        if rate < own:
            raise AudiolabError(
                f"a rate of {rate} Hz: bands are missing that a model at {own} Hz listens to; give audio that was "
                f"recorded at {own} Hz or more"
            )
        counted = Counted(blocks)
        converted = at_rate(counted, rate, own, lambda each: self._vocoder.stream(self._mapped(each, keep)))
        return (limiter or Limiter()).apply(converted, rate, counted)

    def _mapped(self, blocks: Iterable[np.ndarray], keep: list[np.ndarray] | None) -> Iterator[np.ndarray]:
        for mel in self._mapping(mel_blocks(blocks, self._extract)):
            if keep is not None:
                keep.append(mel)
            yield mel


def mel_blocks(blocks: Iterable[np.ndarray], extract: LogMel) -> Iterator[np.ndarray]:
    """Yield the mel spectrogram of a signal, float32 [n, channels, bands], in bounded memory.

    There are 1 + N // hop frames, as of the whole, from which they differ by the noise alone.

    Args:
        blocks: The signal at the analysis' rate, [n, channels] each.
        extract: The analysis.
    """
    config = extract.config
    hop, least = config.hop, config.n_fft // 2 + 1  # what is reflected at the ends
    for segment in segments(blocks, Pieces(_PIECE * hop, left=_CONTEXT * hop, right=_CONTEXT * hop)):
        count = len(segment.samples)
        padded = np.pad(segment.samples, ((0, max(0, least - count)), (0, 0)))
        found = extract(padded.T, np.random.default_rng((config.seed, segment.first)))
        end = 1 + count // hop if segment.end >= count else segment.end // hop
        yield found[:, segment.begin // hop : end].swapaxes(0, 1)
