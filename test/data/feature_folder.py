"""A small folder of features, as the stages 1 and 2 of a recipe leave it."""

import numpy as np

from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.table import write_table
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.kinds import save_features


def make_features(folder, feats, f0s=None, ranges=None, config=None):
    """Write matrices (frames, bands) by utterance ``<spk>_<n>``, and what goes with them.

    ``f0s`` is the F0 of some utterances in Hz, 110 of the others; ``ranges`` the speakers' lines of ``spk2f0``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = config or EnvelopeConfig(n_mels=next(iter(feats.values())).shape[1])
    speakers = {name: name.split("_")[0] for name in sorted(feats)}
    write_matrices(folder / "feats.ark", folder / "feats.scp", sorted(feats.items()))
    contours = {name: np.full((len(feats[name]), 1), (f0s or {}).get(name, 110.0)) for name in sorted(feats)}
    write_matrices(folder / "f0.ark", folder / "f0.scp", contours.items())
    write_table(folder / "utt2spk", speakers)
    write_table(folder / "spk2f0", dict.fromkeys(speakers.values(), "70 200 110") | (ranges or {}))
    save_features(config, folder / "features.yaml")
