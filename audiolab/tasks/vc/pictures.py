"""Pictures of conversions: spectra and mel envelopes, or mel spectrograms, by the analysis of their training run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from audiolab.data.heard import mel_of
from audiolab.data.speaker_tables import read_spk2f0
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.audio import load_utterance
from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.kinds import of_kind, read_features
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel import mel_centres
from audiolab.features.stft import full_scale
from audiolab.report.history import TrainingRun
from audiolab.report.players import Clip
from audiolab.report.plots import Spectrogram, spectrograms
from audiolab.tasks.vc.conversions import Conversion

MOST_ROWS = 9
"""Of a picture of several systems."""


def picture(run: TrainingRun, conversion: Conversion, seconds: float) -> Figure:
    """Return a picture of source, converted speech and, where there is one, the reference.

    Of systems that convert mel spectrograms it is of these, as of `mels`; else of the STFT and the mel envelope, by the
    analysis of the run's training features. The cepstral order is then the source speaker's for source and converted
    speech, which keeps the source's F0, and the target speaker's for the reference.

    Raises:
        AudiolabError: The training features' ``features.yaml`` or ``spk2f0`` is missing, or lacks a speaker.
    """
    made = conversion.made.datadir
    if made.has("feats.scp"):
        config = of_kind(read_features(made.path / "features.yaml"), LogMelConfig, made.path)
        target = {"Target": conversion.reference} if conversion.reference else {}
        return mels({"Source": conversion.source, "Converted": conversion.made} | target, seconds, config)
    folder = Path(run.config["data_conf"]["train_dir"])
    config = of_kind(read_features(folder / "features.yaml"), EnvelopeConfig, folder)
    speakers = read_spk2f0(folder / "spk2f0")
    source, target = conversion.pair
    rows = {"Source": (conversion.source, source), "Converted": (conversion.made, source)}
    if conversion.reference is not None:
        rows["Target"] = (conversion.reference, target)
    extractor = MelEnvelope(config)
    panels = {}
    for name, (clip, speaker) in rows.items():
        if speaker not in speakers:
            raise AudiolabError(f"{folder / 'spk2f0'}: no speaker '{speaker}'; make the features again (stage 1)")
        order = int(order_for(speakers[speaker].ceiling, config.stft))
        panels[name] = _analyse(clip, extractor, order, seconds)
    return spectrograms(panels, ("short-time spectrum", "mel envelope"))


def mels(clips: Mapping[str, Clip], seconds: float, config: LogMelConfig | None = None) -> Figure:
    """Return the mel spectrograms of clips below each other (CycleAutoVC, Figures 9 to 11), which share their colours.

    Args:
        clips: What stands above each -> the clip. Of what a converter of spectrograms made, what is in ``feats.scp`` of
            its data dir is shown, as it was before the vocoder.
        seconds: What is shown of each, from its beginning.
        config: The analysis of the others; None: AutoVC's.
    """
    return spectrograms({name: [_mel(clip, seconds, config or LogMelConfig())] for name, clip in clips.items()}, ("",))


def of_systems(made: Mapping[str, Sequence[Conversion]], utterance: str, target: str) -> dict[str, Clip]:
    """Return for `mels` a source, and what systems made of it: converted to a target, and to its own speaker.

    Args:
        made: System -> its conversions.
        utterance: The source's id.
        target: The other speaker.

    Raises:
        AudiolabError: No system converted it to the target.
    """
    clips: dict[str, Clip] = {}
    for system, found in made.items():
        of = {c.pair: c for c in found if c.source.utterance == utterance}
        for pair in sorted((pair for pair in of if pair[1] in (target, pair[0])), key=lambda pair: pair[0] == pair[1]):
            clips |= {} if clips else {f"Source: {pair[0]}": of[pair].source}
            clips[f"{system}: {' → '.join(pair)}"] = of[pair].made
    if not clips:
        raise AudiolabError(f"no system converted '{utterance}' to '{target}'; see the list of what was scored")
    return dict(list(clips.items())[:MOST_ROWS])


def _mel(clip: Clip, seconds: float, config: LogMelConfig) -> Spectrogram:
    if clip.datadir.has("feats.scp"):
        folder = clip.datadir.path
        config = of_kind(read_features(folder / "features.yaml"), LogMelConfig, folder)
        mel = MatrixTable(clip.datadir.table("feats.scp"), path=folder / "feats.scp")[clip.utterance]
    else:
        wave, rate = load_utterance(clip.datadir, clip.utterance, config.rate, channels="mix")
        mel = mel_of(wave, rate, LogMel(config), allow_silent=True)
    shown = mel[: 1 + config.frames(round(seconds * config.rate))]
    centres = mel_centres(config.n_mels, config.mel_low_hz, config.mel_high_hz, "slaney")
    return Spectrogram((shown - 1) * config.range_db, config.hop / config.rate, centres)


def _analyse(clip: Clip, extractor: MelEnvelope, order: int, seconds: float) -> list[Spectrogram]:
    config = extractor.config
    grid = config.stft
    wave, _ = load_utterance(clip.datadir, clip.utterance, grid.rate, channels="mix")
    analysis = extractor(wave[: round(seconds * grid.rate)], order)
    floor = 10 ** (config.floor_db / 20)
    level = 20 * np.log10(np.maximum(analysis.stft.abs().numpy() * full_scale(grid), floor))
    hop = grid.hop / grid.rate
    centres = mel_centres(config.n_mels, config.mel_low_hz, config.mel_high_hz, config.mel_scale)
    return [
        Spectrogram(level, hop, np.arange(grid.bins) * grid.rate / grid.n_fft),
        Spectrogram(analysis.mel.numpy(), hop, centres),
    ]
