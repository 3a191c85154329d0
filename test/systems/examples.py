"""A small example of each registered system, for the contract test; a new system adds a function of its name."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from feature_folder import make_features


@dataclass
class Example:
    """What the contract test needs to know of a system.

    Attributes:
        config: What a YAML would hold: ``system_conf``, ``data_conf`` and, where the defaults do not fit, ``optim``.
        overfits: Logged names that fall when one batch is trained on over and over.
        use: Takes what `audiolab.load` gives, and returns an array that depends on the weights.
        batch_size: Of the test with two processes; a multiple of 2.
    """

    config: dict[str, Any]
    overfits: tuple[str, ...]
    use: Any
    batch_size: int = 2
    trainer: dict[str, Any] = field(default_factory=dict)


def softgan(folder: Path) -> Example:
    """Two speakers whose bands differ in level and in modulation."""
    generator = np.random.default_rng(0)
    frames = np.arange(150)[:, None]
    feats = {
        f"{speaker}_{n}": -50.0 + 10 * np.sin(frames / (7 + number) + n + np.arange(32) / (3 + number))
        + generator.standard_normal((150, 32))
        for number, speaker in enumerate("AB")
        for n in range(3)
    }  # fmt: skip
    make_features(folder, feats)
    config = {
        "system_conf": {
            "frames": 32,
            "generator": {"channels": [8, 16]},
            "discriminator": {"channels": [4, 8, 8, 8], "hidden": 16},
        },
        "data_conf": {"train_dir": str(folder), "source": "A", "target": "B", "frames": 32},
        "optim": {"generator": {"lr": 3e-3, "betas": [0.5, 0.999]}, "discriminator": {"betas": [0.5, 0.999]}},
    }
    wave = 0.1 * generator.standard_normal(8000)
    return Example(config, ("cycle", "identity", "energy"), lambda converter: converter.convert(wave, 16000))
