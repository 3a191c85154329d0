"""Features of a data dir, utterance by utterance."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from audiolab.datadir.audio import Channels, load_utterance, resample
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig, frame_orders, order_for
from audiolab.features.f0 import F0Range, estimate_f0
from audiolab.waiting import told

if TYPE_CHECKING:  # it loads torch, which F0 does without
    from audiolab.features.envelope import MelEnvelope

logger = logging.getLogger(__name__)


def waves(
    datadir: DataDir, rate: int, channels: Channels = "mono", allow_pipes: bool = False
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (utterance, samples [N] at ``rate``) in byte order; that something was resampled is logged once.

    Raises:
        AudiolabError: Audio that is missing, broken, of several channels, silent but for dither, or of a lower rate:
            silence and bands without data would be learned from like speech, so they are refused by name.
    """
    resampled = False
    for utterance in told(datadir.utterances, "utterances"):
        samples, original = load_utterance(
            datadir, utterance, channels=channels, allow_silent=False, allow_pipes=allow_pipes
        )
        if original < rate:
            raise AudiolabError(
                f"{datadir.path}/wav.scp: {utterance} is at {original} Hz, and an analysis at {rate} Hz would learn "
                "from bands without data: record it at that rate, leave it out, or lower stft.rate and mel_high_hz"
            )
        if original != rate and not resampled:
            logger.info("%s is at %d Hz; all audio of another rate is resampled to %d Hz", utterance, original, rate)
            resampled = True
        yield utterance, resample(samples, original, rate)


def f0_contours(
    datadir: DataDir, config: EnvelopeConfig, channels: Channels = "mono", allow_pipes: bool = False
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (utterance, F0 [T, 1] in Hz, 0 where unvoiced) by the wide-range first pass, one row a feature frame."""
    first = config.f0
    for utterance, samples in waves(datadir, config.stft.rate, channels, allow_pipes):
        f0 = estimate_f0(
            samples, config.stft.rate, config.stft.shift_ms, first.floor, first.ceiling, method=first.method
        )
        yield utterance, f0[:, None]


def mel_envelopes(
    datadir: DataDir,
    extract: MelEnvelope,
    ranges: Mapping[str, F0Range],
    f0s: Mapping[str, np.ndarray] | None = None,
    channels: Channels = "mono",
    allow_pipes: bool = False,
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (utterance, mel envelope [T, n_mels] float32 in the config's scale).

    Args:
        datadir: The data dir.
        extract: The extractor.
        ranges: F0 range of each speaker, whose ceiling gives the cepstral order.
        f0s: F0 of each utterance [T, 1], for ``order_policy: frame``; unused by ``speaker``.
        channels: What is done with several channels.
        allow_pipes: Whether entries that are commands may be run.
    """
    config = extract.config
    if config.order_policy == "frame" and f0s is None:
        raise AudiolabError("order_policy: frame needs the utterances' F0; give f0.scp, or set order_policy: speaker")
    speakers = datadir.table("utt2spk")
    missing = sorted(set(speakers.values()) - set(ranges))
    if missing:
        raise AudiolabError(f"{datadir.path}: no F0 range for speaker '{missing[0]}'; run speaker_f0 on its speech")
    for utterance, samples in waves(datadir, config.stft.rate, channels, allow_pipes):
        order = order_for(ranges[speakers[utterance]].ceiling, config.stft)
        if config.order_policy == "frame":
            f0 = np.ravel(f0s[utterance])
            frames = config.stft.frames(len(samples))
            if len(f0) != frames:
                raise AudiolabError(f"{utterance}: F0 of {len(f0)} frames for {frames}; extract F0 again (extract_f0)")
            order = frame_orders(f0, int(order), config.stft)
        yield utterance, extract.features(samples, order)
