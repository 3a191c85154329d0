"""Spectrum and mel envelope of a conversion's source, output and reference, by the analysis of its training run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from audiolab.data.speaker_tables import read_spk2f0
from audiolab.datadir.audio import load_utterance
from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.kinds import of_kind, read_features
from audiolab.features.mel import mel_centres
from audiolab.features.stft import full_scale
from audiolab.report.history import TrainingRun
from audiolab.report.players import Clip
from audiolab.report.plots import Spectrogram, spectrograms
from audiolab.tasks.vc.conversions import Conversion


def picture(run: TrainingRun, conversion: Conversion, seconds: float) -> Figure:
    """Return the STFT and mel envelope of source, converted speech and, where there is one, the reference.

    The analysis is that of the run's training features. The cepstral order is the source speaker's for source and
    converted speech, which keeps the source's F0, and the target speaker's for the reference.

    Raises:
        AudiolabError: The training features' ``features.yaml`` or ``spk2f0`` is missing, or lacks a speaker.
    """
    folder = Path(run.config["data_conf"]["train_dir"])
    config = of_kind(read_features(folder / "features.yaml"), EnvelopeConfig, folder)
    speakers = read_spk2f0(folder / "spk2f0")
    source, target = conversion.pair
    rows = {"Source": (conversion.source, source), "Converted": (conversion.made, source)}
    if conversion.has_reference:
        rows["Target"] = (conversion.reference, target)
    extractor = MelEnvelope(config)
    panels = {}
    for name, (clip, speaker) in rows.items():
        if speaker not in speakers:
            raise AudiolabError(f"{folder / 'spk2f0'}: no speaker '{speaker}'; make the features again (stage 1)")
        order = int(order_for(speakers[speaker].ceiling, config.stft))
        panels[name] = _analyse(clip, extractor, order, seconds)
    return spectrograms(panels, ("short-time spectrum", "mel envelope"))


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
