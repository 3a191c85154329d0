"""A small folder of features, as the stages 1 and 2 of a recipe leave it."""

import numpy as np

from audiolab.config import save_yaml
from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.table import write_table
from audiolab.features.envelope import EnvelopeConfig


def make_features(folder, feats):
    """Write matrices (frames, bands) by utterance ``<spk>_<n>``, and what follows from them."""
    folder.mkdir(parents=True, exist_ok=True)
    speakers = {name: name.split("_")[0] for name in sorted(feats)}
    write_matrices(folder / "feats.ark", folder / "feats.scp", sorted(feats.items()))
    write_table(folder / "utt2spk", speakers)
    statistics = {}
    for speaker in sorted(set(speakers.values())):
        stacked = np.concatenate([feats[name] for name in speakers if speakers[name] == speaker])
        sums = np.stack([stacked.sum(0), (stacked**2).sum(0)])
        statistics[speaker] = np.concatenate([sums, [[len(stacked)], [0]]], axis=1)
    write_matrices(folder / "cmvn.ark", folder / "cmvn.scp", statistics.items(), dtype=np.float64)
    write_table(folder / "spk2f0", dict.fromkeys(statistics, "70 200 110"))
    save_yaml(EnvelopeConfig(), folder / "features.yaml")
