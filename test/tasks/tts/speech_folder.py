"""A small data dir of speech in two languages with features of kind world."""

import numpy as np
import soundfile

from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.table import write_table
from audiolab.features.cmvn import cmvn_stats
from audiolab.features.f0 import F0Range
from audiolab.features.kinds import save_features
from audiolab.features.world_config import WorldConfig
from audiolab.features.world_parameters import WorldParameters

RATE = 16000
CONFIG = WorldConfig(rate=RATE, order=5, bands_hz=[0.0, 4000.0, 8000.0])
"""Of 10 values a frame."""
VOICES = {"A": ("en-us", 110), "B": ("en-us", 200), "C": ("it", 160)}
"""Speaker -> language, F0 in Hz."""
RANGE = F0Range(70.0, 400.0, 150.0)


def utterances(count=3):
    return {f"{speaker}_{number}": speaker for speaker in VOICES for number in range(count)}


def sounds(seconds, pitch, generator):
    """Return a vowel, a hiss as long as half of it, and near silence."""
    time = np.arange(round(seconds * RATE)) / RATE
    glide = 2 * np.pi * pitch * (time + 0.2 * time**2)
    vowel = sum(np.sin(k * glide) / k for k in range(1, 12))
    hiss, rest = generator.standard_normal(len(time) // 2), generator.standard_normal(RATE // 10)
    return np.concatenate([0.1 * vowel, 0.03 * hiss, 1e-5 * rest]).astype(np.float32)


def make_speech(folder, count=3):
    """Write ``data/`` and ``feats/``, and return utterance -> parameters."""
    generator, world = np.random.default_rng(0), WorldParameters(CONFIG)
    (folder / "wav").mkdir(parents=True)
    feats, spoken = {}, utterances(count)
    for number, (name, speaker) in enumerate(spoken.items()):
        wave = sounds(0.25 + 0.05 * (number % 3), VOICES[speaker][1], generator)
        soundfile.write(folder / "wav" / f"{name}.wav", wave, RATE, "FLOAT")
        feats[name] = world(wave, RANGE)
    languages = {name: VOICES[speaker][0] for name, speaker in spoken.items()}
    tables = {
        "wav.scp": {name: str(folder / "wav" / f"{name}.wav") for name in spoken},
        "utt2spk": spoken,
        "utt2lang": languages,
        "text": {name: f"sentence {name[-1]}" for name in spoken},
    }
    write_data_dir(folder / "data", tables)
    write_feats(folder / "feats", feats)
    write_table(folder / "feats" / "utt2spk", spoken)
    write_table(folder / "feats" / "spk2f0", dict.fromkeys(VOICES, "70 400 150"))
    write_matrices(folder / "cmvn.ark", folder / "feats" / "cmvn.scp", statistics(feats).items(), dtype=np.float64)
    return feats


def statistics(feats):
    """Return speaker -> Kaldi's statistics."""
    return {s: cmvn_stats([feats[name] for name in sorted(feats) if name.startswith(s)]) for s in VOICES}


def write_feats(folder, feats):
    folder.mkdir(parents=True, exist_ok=True)
    write_matrices(folder / "feats.ark", folder / "feats.scp", sorted(feats.items()))
    save_features(CONFIG, folder / "features.yaml")


def write_made(folder, feats, wave=None):
    """Write what a system made: parameters, and a little noise in place of speech."""
    noise = 0.1 * np.random.default_rng(1).standard_normal(RATE // 4) if wave is None else wave
    write_feats(folder, feats)
    (folder / "wav").mkdir(exist_ok=True)
    for name in feats:
        soundfile.write(folder / "wav" / f"{name}.wav", noise, RATE)
    tables = {
        "wav.scp": {name: str(folder / "wav" / f"{name}.wav") for name in feats},
        "utt2spk": {name: name[0] for name in feats},
        "utt2lang": {name: VOICES[name[0]][0] for name in feats},
        "utt2limited": dict.fromkeys(feats, "0"),
        "feats.scp": dict(line.split(" ", 1) for line in (folder / "feats.scp").read_text().splitlines()),
    }
    write_data_dir(folder, tables)
    return folder
