"""Features of a data dir, utterance by utterance, of every kind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.audio import Channels, open_utterance, utterance_of
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig, frame_orders, order_for
from audiolab.features.f0 import F0Range, estimate_f0
from audiolab.features.kinds import FeatureConfig, kind_of
from audiolab.features.label_config import LabelConfig
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.world_config import WorldConfig
from audiolab.waiting import told

logger = logging.getLogger(__name__)

Matrices = Iterator[tuple[str, np.ndarray]]
"""Pairs of an utterance and its features, [T, D] float32."""


@dataclass(frozen=True)
class Sources:
    """What features are made of beside a config.

    Attributes:
        datadir: The data dir, or one part of a split one.
        channels: What is done with several channels.
        allow_pipes: Whether entries that are commands may be run.
        ranges: F0 range of each speaker: for envelopes, whose order its ceiling gives; for WORLD, which looks for F0
            within it.
        f0s: F0 of each utterance [T, 1], for envelopes with ``order_policy: frame``; unused by ``speaker``.
        device: Where envelopes are computed.
    """

    datadir: DataDir
    channels: Channels = "mono"
    allow_pipes: bool = False
    ranges: Mapping[str, F0Range] | None = None
    f0s: Mapping[str, np.ndarray] | None = None
    device: str = "cpu"

    def waves(self, rate: int) -> Matrices:
        """Yield (utterance, samples [N] at ``rate``) in byte order; that something was resampled is logged once.

        Raises:
            AudiolabError: Audio that is missing, broken, of several channels, silent but for dither, or of a lower
                rate: silence and bands without data would be learned from like speech, so they are refused by name.
        """
        resampled = False
        for utterance in told(self.datadir.utterances, "utterances"):
            with open_utterance(self.datadir, utterance, allow_pipes=self.allow_pipes) as recording:
                original = recording.rate
                if original < rate:
                    raise AudiolabError(
                        f"{recording.where} is at {original} Hz, and an analysis at {rate} Hz would learn from bands "
                        "without data: record it at that rate, leave it out, or lower the features' rate"
                    )
                if original != rate and not resampled:
                    logger.info(
                        "%s is at %d Hz; all audio of another rate is resampled to %d Hz", utterance, original, rate
                    )
                    resampled = True
                samples = utterance_of(self.datadir, utterance, recording, rate, self.channels)
            yield utterance, samples


def extract(config: FeatureConfig, sources: Sources) -> Matrices:
    """Yield the features of each utterance of a data dir, [T, D] float32, in byte order of the ids."""
    return _EXTRACT[kind_of(config)](config, sources)


def f0_contours(config: FeatureConfig, sources: Sources) -> Matrices:
    """Yield (utterance, F0 [T, 1] in Hz, 0 where unvoiced) by the wide-range first pass, one row a feature frame.

    Raises:
        AudiolabError: The kind of features has no F0.
    """
    if not isinstance(config, EnvelopeConfig | WorldConfig):
        raise AudiolabError(f"features of kind {kind_of(config)} go without F0: extract_f0 is not needed for them")
    first = config.f0
    for utterance, samples in sources.waves(config.rate):
        f0 = estimate_f0(samples, config.rate, config.shift_ms, first.floor, first.ceiling, method=first.method)
        yield utterance, f0[:, None]


def _envelopes(config: EnvelopeConfig, sources: Sources) -> Matrices:
    """Yield mel envelopes in the config's scale."""
    from audiolab.features.envelope import MelEnvelope  # which loads torch

    if config.order_policy == "frame" and sources.f0s is None:
        raise AudiolabError("order_policy: frame needs the utterances' F0; give f0.scp, or set order_policy: speaker")
    range_of = _ranges(config, sources)
    analysis = MelEnvelope(config, sources.device)
    for utterance, samples in sources.waves(config.rate):
        order = order_for(range_of[utterance].ceiling, config.stft)
        if config.order_policy == "frame":
            f0 = np.ravel(sources.f0s[utterance])
            frames = config.frames(len(samples))
            if len(f0) != frames:
                raise AudiolabError(f"{utterance}: F0 of {len(f0)} frames for {frames}; extract F0 again (extract_f0)")
            order = frame_orders(f0, int(order), config.stft)
        yield utterance, analysis.features(samples, order)


def _ranges(config: FeatureConfig, sources: Sources) -> dict[str, F0Range]:
    """Return the F0 range of each utterance's speaker."""
    if sources.ranges is None:
        raise AudiolabError(
            f"features of kind {kind_of(config)} need each speaker's F0 range; give --spk2f0 (speaker_f0 makes it)"
        )
    speakers = sources.datadir.table("utt2spk")
    missing = sorted(set(speakers.values()) - set(sources.ranges))
    if missing:
        raise AudiolabError(
            f"{sources.datadir.path}: no F0 range for speaker '{missing[0]}'; run speaker_f0 on its speech"
        )
    return {utterance: sources.ranges[speaker] for utterance, speaker in speakers.items()}


def _log_mels(config: LogMelConfig, sources: Sources) -> Matrices:
    """Yield mel spectrograms; an utterance's noise is the same in whatever job it is made."""
    from audiolab.features.log_mel import LogMel  # which loads scipy

    analysis = LogMel(config)
    for utterance, samples in sources.waves(config.rate):
        seed = np.random.SeedSequence((config.seed, *utterance.encode()))
        yield utterance, _of(utterance, analysis, samples, np.random.default_rng(seed))


def _world(config: WorldConfig, sources: Sources) -> Matrices:
    """Yield WORLD's parameters; an utterance in which nothing is voiced is warned of."""
    from audiolab.features.world_parameters import WorldParameters

    range_of, analysis = _ranges(config, sources), WorldParameters(config)
    voicing = config.order + 2  # the column behind mcep, 0 … order, and lf0
    for utterance, samples in sources.waves(config.rate):
        found = _of(utterance, analysis, samples, range_of[utterance])
        if not found[:, voicing].any():
            logger.warning("%s: no voiced frame in %d; its log F0 is the speaker's median", utterance, len(found))
        yield utterance, found


def _of(utterance: str, analysis: Callable[..., np.ndarray], *args: object) -> np.ndarray:
    """Return what an analysis gives, and name the utterance where it refuses one."""
    try:
        return analysis(*args)
    except AudiolabError as error:
        raise AudiolabError(f"{utterance}: {error}") from error


def _labels(config: LabelConfig, sources: Sources) -> Matrices:
    """Yield label vectors that a front end made, for the utterances of the data dir."""
    table = MatrixTable(config.labels, sources.allow_pipes)
    for utterance in sources.datadir.utterances:
        labels = table[utterance]
        if labels.ndim != 2 or labels.shape[1] != config.dim:
            raise AudiolabError(
                f"{config.labels}: {utterance} has shape {labels.shape}, not (frames, {config.dim}): "
                "make the labels again, or set dim"
            )
        yield utterance, labels


_EXTRACT: dict[str, Callable[..., Matrices]] = {
    "envelope": _envelopes,
    "labels": _labels,
    "mel": _log_mels,
    "world": _world,
}
