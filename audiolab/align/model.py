"""An aligner's model: what phones it knows, their mixtures and transitions, how speech is analysed; as a file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audiolab.align.config import AlignConfig
from audiolab.align.inventory import Inventory
from audiolab.align.layout import Layout
from audiolab.align.mixtures import Mixtures
from audiolab.config import from_dict, to_dict
from audiolab.errors import AudiolabError, shown
from audiolab.files import atomic_write
from audiolab.textfile import read_bytes

FORMAT = 1
_ARRAYS = ("weights", "means", "variances", "stay", "pause")


@dataclass(frozen=True)
class Model:
    """A model.

    Attributes:
        config: How it was built and trained.
        inventory: What phones there are.
        mixtures: Of all states.
        stay: Probability that a state is followed by itself, float64 [states].
        pause: Probability that a pause is made where one may be.
    """

    config: AlignConfig
    inventory: Inventory
    mixtures: Mixtures
    stay: np.ndarray
    pause: float

    @property
    def layout(self) -> Layout:
        """Which states the models have."""
        return self.config.model.layout


def save_model(model: Model, path: str | Path) -> None:
    """Write a model, atomically: an npz of arrays without pickle, and of JSON as bytes; the same model, same bytes."""
    facts = {
        "format": FORMAT,
        "config": to_dict(model.config),
        "phones": [list(phone) for phone in model.inventory.phones],
        "tied": [[*phone, *other] for phone, other in sorted(model.inventory.tied.items())],
    }
    arrays = {
        "weights": model.mixtures.weights.numpy(),
        "means": model.mixtures.means.numpy(),
        "variances": model.mixtures.variances.numpy(),
        "stay": model.stay,
        "pause": np.array(model.pause),
        "facts": np.frombuffer(json.dumps(facts, ensure_ascii=False).encode(), np.uint8),
    }
    with atomic_write(path, "wb") as file:
        np.savez(file, **arrays)


def load_model(path: str | Path) -> Model:
    """Return the model in a file; nothing in it is run.

    Raises:
        AudiolabError: It cannot be read, is broken, or is something else.
    """
    data = read_bytes(path, "this aligner's model", "train one with audiolab.bin.align")
    try:
        arrays, facts = _unpack(data)
        config = from_dict(AlignConfig, facts["config"], source=str(path))
        inventory = Inventory(
            tuple((str(language), str(symbol)) for language, symbol in facts["phones"]),
            {(a, b): (c, d) for a, b, c, d in facts["tied"]},
        )
        return _checked(config, inventory, arrays)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        EOFError,
        OSError,
        RecursionError,
        zipfile.BadZipFile,
    ) as error:
        raise AudiolabError(
            f"{path}: broken, or no model of audiolab.bin.align ({shown(str(error))}); train it again"
        ) from error


def _unpack(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays and the facts; raises one of several errors where they are none."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("it is compressed")  # so no member is larger than the file
        if archive.testzip() is not None:
            raise ValueError("a checksum is wrong")
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        facts = json.loads(arrays["facts"].tobytes().decode())
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']} in place of {FORMAT}")
        return {name: arrays[name] for name in _ARRAYS}, facts


def _checked(config: AlignConfig, inventory: Inventory, arrays: dict[str, np.ndarray]) -> Model:
    """Return the model of arrays whose shapes and values are those of one; `ValueError` where they are not."""
    layout = config.model.layout
    states, width = layout.states(len(inventory.phones) + 1), config.features.width
    gaussians = arrays["weights"].shape[-1:]
    shapes = {"weights": (states, *gaussians), "means": (states, *gaussians, width), "stay": (states,), "pause": ()}
    shapes["variances"] = shapes["means"]
    for name, shape in shapes.items():
        found = arrays[name]
        if found.shape != shape or found.dtype != np.float64 or not np.isfinite(found).all():
            raise ValueError(f"{name} is {found.dtype} {found.shape} in place of finite float64 {shape}")
    probable = all(((arrays[name] >= 0) & (arrays[name] <= 1)).all() for name in ("weights", "stay", "pause"))
    if not probable or not (arrays["variances"] > 0).all() or len(set(inventory.phones)) < len(inventory.phones):
        raise ValueError("probabilities, variances or phones are none")
    mixtures = Mixtures(*(torch.from_numpy(arrays[name]) for name in ("weights", "means", "variances")))
    return Model(config, inventory, mixtures, arrays["stay"], float(arrays["pause"]))
