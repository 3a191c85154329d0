"""Training runs' folders of separators whose masks are known constants."""

from pathlib import Path

import torch

from audiolab import systems
from audiolab.config import from_dict, save_yaml
from audiolab.training.config import run_config_class
from audiolab.training.export import save_model

SMALL = {"n_fft": 512, "hop": 128, "levels": 2, "first_channels": 2, "max_channels": 2, "embeddings": 2}


def make_run(folder: Path, vocals: float = 0.75, accompaniment: float = 0.25) -> Path:
    """Write what training leaves for inference: a separator that gives these shares of any mixture."""
    folder.mkdir(parents=True)
    cls = systems.get("poconet")
    data = {"train_dirs": ["a"], "valid_dirs": ["b"]}
    tree = {"system": "poconet", "system_conf": SMALL, "data_conf": data, "trainer": {"max_steps": 3}}
    config = from_dict(run_config_class(cls), tree)
    made = cls(config.system_conf)
    with torch.no_grad():
        made.separator.network.last.weight.zero_()
        made.separator.network.last.bias.copy_(torch.tensor([vocals, 0.0, accompaniment, 0.0]))
    save_model(folder / "model.pt", "poconet", 3, made.state_dict(), cls.exports)
    save_yaml(config, folder / "config.yaml")
    return folder
