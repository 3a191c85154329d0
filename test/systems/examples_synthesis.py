"""Small examples of the systems of speech synthesis; `examples` has those of the others."""

from pathlib import Path
from typing import Any

import numpy as np
from example import Example
from label_folder import make_labels

from audiolab import systems
from audiolab.config import from_dict
from audiolab.training.config import run_config_class
from audiolab.training.trainer import Trainer

SIZES = {"bases": 3, "hidden": 6, "layers": 2, "cells": 5, "projection": 4, "chunk": 8}


def folders(folder: Path, **data: Any) -> dict[str, list[str]]:
    """Return folders of labels and features to train on and to validate on."""
    made = {part: make_labels(folder / part, seed=seed, **data) for seed, part in enumerate(("train", "valid"))}
    return {f"{part}_{kind}": [path] for part, pair in made.items() for kind, path in zip(("labels", "feats"), pair)}


def mlms(folder: Path, columns: int = 6, data: dict[str, Any] | None = None, **system: Any) -> Example:
    """Three voices of two languages, with more basis towers than languages, in several chunks an utterance."""
    vectors = np.random.default_rng(0).standard_normal((3, columns))
    return Example(
        {
            "system_conf": SIZES | system,
            "data_conf": folders(folder, columns=columns, **(data or {})),
            "optim": {"acoustic": {"name": "sgd", "lr": 0.1}},
        },
        ("acoustic_loss",),
        lambda predictor: predictor.predict(vectors, np.array([3, 1, 2]), "it", "A"),
        batch_size=4,
        trainer={"batch_size": 4},
    )


def mlms_baseline(folder: Path) -> Example:
    """No basis tower, one speaker, columns that are padded after normalisation, one chunk an utterance."""
    return mlms(folder, data={"voices": {"A": "it"}, "count": 6}, bases=0, chunk=100, pad="after")


def mlms_adapted(folder: Path) -> Example:
    """A model that grows by a language, a speaker and two columns, and whose code, mean tower and layer learn."""
    run = begun(folder / "before")
    learns = ["codes", "mean", "added", "heads"]
    return mlms(folder, 8, {"voices": {"P": "pl"}, "count": 6}, init=str(run), learns=learns, new_head="drawn")


def begun(folder: Path, **system: Any) -> Path:
    """Return a run of `mlms` that saw two steps."""
    tree = mlms(folder, **system).config | {"system": "mlms", "trainer": {"max_steps": 2, "batch_size": 4}}
    cls = systems.get("mlms")
    Trainer.of(cls, from_dict(run_config_class(cls), tree), folder / "run").fit()
    return folder / "run"


def duration(folder: Path) -> Example:
    """Durations of the phones of three voices, heard both ways."""
    vectors = 3 * np.random.default_rng(0).standard_normal((200, 6))
    return Example(
        {
            "system_conf": {"hidden": 6, "cells": 5, "both_ways": True},
            "data_conf": {name: path for name, path in folders(folder).items() if name.endswith("labels")},
            "optim": {"duration": {"name": "sgd", "lr": 0.3}},
        },
        ("duration_loss",),
        lambda predictor: predictor.durations(vectors, "it"),
        batch_size=4,
        trainer={"batch_size": 4},
    )
