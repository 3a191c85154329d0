"""A folder of AutoVC's mels of some synthetic voices, with an embedding for each."""

import numpy as np
from feature_folder import make_features

from audiolab.datadir.arkio import write_matrices
from audiolab.features.log_mel_config import LogMelConfig


def mels(speakers, utterances, frames, bands=80, seed=0):
    """Return features by utterance: bands that move in their own time, about each speaker's own mean.

    ``utterances`` and ``frames`` are numbers, or one of each speaker or of each of a speaker's utterances.
    """
    generator = np.random.default_rng(seed)
    made = {}
    for speaker, count in zip(speakers, np.broadcast_to(utterances, len(speakers))):
        mean = generator.uniform(0.3, 0.7, bands)
        for number, length in enumerate(np.broadcast_to(frames, count)):
            times, phases = np.arange(length)[:, None], generator.uniform(0, 6, bands)
            wave = 0.2 * np.sin(times / (5 + number) + phases) + 0.05 * generator.standard_normal((length, bands))
            made[f"{speaker}_{number}"] = np.clip(mean + wave, 0, 1).astype(np.float32)
    return made


def make_voices(folder, feats, width=6, embeddings=None):
    """Write the features and, unless ``width`` is None, ``spk_embedding.scp``; return the embeddings by speaker."""
    make_features(folder, feats, config=LogMelConfig(n_mels=next(iter(feats.values())).shape[1]))
    speakers = sorted({name.split("_")[0] for name in feats})
    if embeddings is None and width is not None:
        drawn = np.random.default_rng(len(speakers)).standard_normal((len(speakers), width))
        embeddings = dict(zip(speakers, (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)))
    if embeddings:
        write_matrices(folder / "spk_embedding.ark", folder / "spk_embedding.scp", embeddings.items())
    return embeddings
