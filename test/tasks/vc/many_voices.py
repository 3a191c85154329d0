"""A toy of voice conversion between many speakers: recordings, a converter, speaker encoders and a recogniser."""

import numpy as np
import soundfile
import torch
import yaml

from audiolab import systems
from audiolab.config import from_dict, to_dict
from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.datadir import write_data_dir
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.text.units import to_plain, train_units
from audiolab.training.export import save_model

RATE = 16000
SPEAKERS = {"A": 110.0, "B": 170.0, "C": 230.0}
WORDS = {"1": "red", "2": "deer", "3": "reed", "4": "dr", "5": "er", "6": "red deer"}


def spoken(speaker, sentence, seconds=0.8):
    """Return harmonics of the speaker's F0 in bursts that the sentence sets."""
    times = np.arange(round(seconds * RATE)) / RATE
    f0 = SPEAKERS[speaker] * (1 + 0.1 * np.sin(2 * np.pi * (1 + int(sentence)) * times))
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    bursts = 0.6 + 0.4 * np.sin(2 * np.pi * (2 + int(sentence)) * times)
    wave = sum(np.sin(k * phase) / k for k in range(1, 15)) * bursts
    noise = np.random.default_rng([ord(speaker), int(sentence)]).standard_normal(len(times))
    return (0.1 * wave + 0.001 * noise).astype(np.float32)


def data_dir(folder, names, text=True):
    """Write utterances ``A_1`` and return their data dir."""
    (folder / "wav").mkdir(parents=True)
    wavs = {name: str(folder / "wav" / f"{name}.wav") for name in names}
    for name, path in wavs.items():
        soundfile.write(path, spoken(*name.split("_")), RATE)
    tables = {"wav.scp": wavs, "utt2spk": {name: name[0] for name in names}}
    if text:
        tables["text"] = {name: WORDS[name[2:]] for name in names}
        tables["utt2lang"] = dict.fromkeys(names, "en")
    return write_data_dir(folder, tables)


def run_of(folder, name, conf, state=None, seed=0):
    """Write a run of a system as drawn, and return its folder; ``state`` sets what training would."""
    torch.manual_seed(seed)
    cls = systems.get(name)
    config = from_dict(cls.Config, conf)
    system = cls(config)
    if state:
        state(system)
    save_model(folder / "model.pt", name, 1, system.state_dict(), system.exports)
    tree = {"system": name, "system_conf": to_dict(config), "data_conf": {}, "seed": 0}
    (folder / "config.yaml").write_text(yaml.safe_dump(tree))
    return folder


def encoder(folder, seed=0, size=6):
    """Write a run of a speaker encoder."""

    def known(system):
        system.facts.values = {"analysis": to_dict(LogMelConfig())}

    return run_of(folder, "ge2e", {"hidden": 8, "layers": 1, "size": size, "bands": 80, "window": 40}, known, seed)


def recogniser(folder):
    """Write a run of a recogniser."""
    units = train_units(["red deer reed"], 20, "char")

    def known(system):
        system.facts.values = {"analysis": to_dict(LogMelConfig()), "units": to_plain(units)}

    sizes = {"filters": 8, "hidden": 8, "layers": 1, "dropout": 0.0, "bands": 80, "units": len(units)}
    return run_of(folder, "ctc", sizes, known)


def converter(folder, seed=0, voices=None, **conf):
    """Write a run of a converter that knows A and B; ``voices`` tell them, their embeddings when not given."""
    voices = np.stack([embedding("A"), embedding("B")]) if voices is None else voices

    def known(system):
        system.voices.copy_(torch.from_numpy(voices))
        system.facts.values = {"analysis": to_dict(LogMelConfig()), "speakers": ["A", "B"]}
        torch.nn.init.constant_(system.decoder.last.bias, 0.5)

    sizes = {"neck": 3, "freq": 4, "channels": 8, "units": 8, "bands": 80, "speakers": 2, "told": 6, "embedding": 6}
    return run_of(folder, "autovc", sizes | {"post_gain": 0.0} | conf, known, seed)


def embedding(speaker):
    drawn = np.random.default_rng(ord(speaker)).standard_normal(6)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def voices(folder, speakers="ABC"):
    """Write ``spk_embedding.scp`` and return its folder."""
    folder.mkdir(parents=True)
    write_matrices(
        folder / "v.ark", folder / "spk_embedding.scp", [(speaker, embedding(speaker)) for speaker in speakers]
    )
    return folder
