"""A small speaker encoder learns voices: of speakers that it was not trained on, the equal error rate falls."""

import csv

import numpy as np
import torch
from feature_folder import make_features
from toys import make_trainer

import audiolab
from audiolab import systems
from audiolab.config import from_dict
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.metrics.verification import equal_error, trials
from audiolab.synthesis.speechlike import speech_like
from audiolab.training.config import run_config_class

MEL = LogMelConfig(n_mels=40)
RATE = MEL.rate


def voice(seconds, f0, tract, generator):
    """Return syllables of a voice at 16 kHz; its formants are ``tract`` times those of a voice of that F0."""
    return speech_like(seconds * tract, round(RATE / tract), f0 / tract, generator).astype(np.float32)


def voices(speakers, utterances, seed):
    """Return waves of speakers, by utterance; F0 and the vocal tract's length of each are spread over their ranges."""
    generator = np.random.default_rng(seed)
    places = [(generator.permutation(speakers) + 0.5) / speakers for _ in range(2)]
    made = {}
    for number, (pitch, length) in enumerate(zip(*places)):
        f0, tract = 90 * 2 ** (1.4 * pitch), 0.85 + 0.4 * length
        for n in range(utterances):
            made[f"s{seed}x{number:02}_{n}"] = voice(generator.uniform(1.0, 1.5), f0, tract, generator)
    return made


def test_voices_are_told_apart_after_some_steps(tmp_path):
    generator, analysis = np.random.default_rng(0), LogMel(MEL)
    heard = {name: voices(*sizes) for name, sizes in {"train": (24, 6, 1), "valid": (8, 6, 2)}.items()}
    for name, waves in heard.items():
        make_features(tmp_path / name, {utt: analysis(wave, generator) for utt, wave in waves.items()}, config=MEL)
    tree = {
        "system": "ge2e",
        "system_conf": {"hidden": 32, "layers": 2, "size": 16},
        "data_conf": {
            "train_dirs": [str(tmp_path / "train")], "valid_dirs": [str(tmp_path / "valid")], "utterances": 5,
            "frames": [40, 60], "least_frames": 30,
        },
        "optim": {"encoder": {"lr": 3e-3, "schedule": "cosine", "warmup": 20}},
        "trainer": {"max_steps": 300, "batch_size": 24, "clip_norm": 3.0, "valid_every": 150, "save_every": 300},
    }  # fmt: skip
    torch.manual_seed(0)
    trainer = make_trainer(from_dict(run_config_class(systems.get("ge2e")), tree), tmp_path / "run")
    before = trainer.validation.scores(trainer.system, None)["eer"]
    trainer.fit()
    with open(tmp_path / "run" / "history.csv", encoding="utf-8", newline="") as file:
        eers = [float(row["value"]) for row in csv.DictReader(file) if (row["split"], row["name"]) == ("valid", "eer")]
    assert len(eers) == 2
    assert eers[-1] < 0.3 < 0.4 < before
    model = audiolab.load(tmp_path / "run")
    found = np.stack([model.embed(wave, RATE) for wave in heard["valid"].values()])
    speakers = np.unique([name[:5] for name in heard["valid"]], return_inverse=True)[1]
    assert equal_error(*trials(found, speakers)).rate < 0.3
