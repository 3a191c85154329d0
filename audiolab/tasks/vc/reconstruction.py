"""How well a converter gives back the speech of a speaker whom it converts to the same one."""

from __future__ import annotations

import numpy as np

from audiolab.data.heard import mel_of
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.audio import load_utterance
from audiolab.errors import AudiolabError
from audiolab.features.kinds import of_kind, read_features
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.report.players import Clip


def mel_error(made: Clip, source: Clip) -> dict[str, float]:
    """Return the mean squared error of the spectrogram that a converter made, in AutoVC's scale of 0 to 1.

    It is that of ``feats.scp`` of the data dir, before any vocoder; where there is none, there is no score.

    Args:
        made: The reconstruction.
        source: What it is of.

    Raises:
        AudiolabError: The features are of another kind or length.
    """
    folder = made.datadir.path
    if not made.datadir.has("feats.scp"):
        return {}
    config = of_kind(read_features(folder / "features.yaml"), LogMelConfig, folder)
    wave, rate = load_utterance(source.datadir, source.utterance, config.rate)
    table = MatrixTable(made.datadir.table("feats.scp"), path=folder / "feats.scp")
    own, found = mel_of(wave, rate, LogMel(config)), table[made.utterance]
    if own.shape != found.shape:
        raise AudiolabError(f"{table.path}: of shape {found.shape}, and the source's is {own.shape}; convert again")
    return {"mel_mse": float(np.square(own.astype(np.float64) - found).mean())}
