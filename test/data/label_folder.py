"""A small dump of label vectors and a folder of WORLD's parameters beside it, of several languages and speakers."""

import numpy as np
from feature_folder import make_features

from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.table import write_table
from audiolab.features.frame_labels import frame_labels
from audiolab.features.world_config import WorldConfig

WORLD = WorldConfig(rate=16000, order=2, bands_hz=[0.0, 4000.0, 8000.0])
"""Of 7 values a frame: three of the mel-cepstrum, log F0, voicing, two bands."""

VOICES = {"A": "en-us", "B": "en-us", "C": "it"}
"""Speaker -> language."""


def make_labels(folder, voices=None, count=3, columns=6, seed=0):
    """Write ``labels/`` and ``feats/``, with ``count`` utterances a speaker, and return (labels, feats) as texts.

    A phone is a 1 among ``columns - 1`` zeros, and a number; vocoder parameters are what a fixed mapping makes of it, a
    shift that is the speaker's, and noise.
    """
    generator, mapping = np.random.default_rng(seed), np.random.default_rng(99).standard_normal((99, 7))
    labels, durations, feats, spoken_by, spoken_in = {}, {}, {}, {}, {}
    for place, (speaker, language) in enumerate((voices or VOICES).items()):
        for number in range(count):
            name = f"{speaker}_{number}"
            phones = 3 + (number + place) % 3
            kinds = generator.integers(0, columns - 1 - (language == "it"), phones)  # the last is no Italian one
            labels[name] = np.concatenate([np.eye(columns - 1)[kinds], np.arange(phones)[:, None]], 1)
            durations[name] = generator.integers(2, 7, phones).astype(float)[:, None]
            x = frame_labels(labels[name], durations[name][:, 0])
            y = x @ mapping[: x.shape[1]] / 3 + place + 0.1 * generator.standard_normal((len(x), 7))
            y[:, 3], y[:, 4] = 5 + 0.1 * y[:, 3], y[:, 4] > 1
            feats[name] = y.astype(np.float32)
            spoken_by[name], spoken_in[name] = speaker, language
    where = folder / "labels"
    where.mkdir(parents=True)
    for kind, matrices in (("labels", labels), ("durations", durations)):
        floats = {name: np.asarray(matrix, np.float32) for name, matrix in sorted(matrices.items())}
        write_matrices(where / f"{kind}.ark", where / f"{kind}.scp", floats.items())
    write_table(where / "utt2spk", spoken_by)
    write_table(where / "utt2lang", spoken_in)
    make_features(folder / "feats", feats, config=WORLD)
    return str(where), str(folder / "feats")
