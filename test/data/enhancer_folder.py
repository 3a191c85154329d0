"""Training runs' folders of enhancers and domain classifiers with random weights."""

import json
from pathlib import Path

import numpy as np
import torch

from audiolab import systems
from audiolab.config import from_dict, load_yaml, save_yaml
from audiolab.systems.srst.config import EnhancerConfig
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.training.config import run_config_class
from audiolab.training.export import save_model

SMALL = {"rate": 16000, "widths": [4, 8, 8], "n_fft": 256, "hop": 128}


def make_run(folder: Path, name: str = "se_supervised", seed: int = 0, **enhancer) -> Path:
    """Write what training leaves for inference and reports; ``enhancer`` changes its sizes."""
    folder.mkdir(parents=True)
    cls = systems.get(name)
    data = {"source_train": "a", "source_valid": "b"}
    system = {"enhancer": SMALL | enhancer}
    if name != "se_supervised":
        data |= {"target_train": "c", "target_valid": "d"}
        system["init"] = "first"
    tree = {"system": name, "system_conf": system, "data_conf": data, "trainer": {"max_steps": 3}, "seed": seed}
    config = from_dict(run_config_class(cls), tree)
    torch.manual_seed(seed)
    made = cls(config.system_conf)
    for norm in made.modules():  # as if trained: statistics that are not those of standardised features
        if hasattr(norm, "running_var"):
            norm.running_mean.normal_(0, 0.2)
            norm.running_var.uniform_(0.5, 2)
            norm.num_batches_tracked.fill_(7)
    save_model(folder / "model.pt", name, 3, made.state_dict(), cls.exports)
    save_yaml(config, folder / "config.yaml")
    start = {"versions": {"torch": "2"}, "commit": "abc", "command": "train", "start": "2026-01-02T03:04:05"}
    (folder / "run.json").write_text(json.dumps(start))
    return folder


def heard_once(folder: Path, wave: np.ndarray) -> np.ndarray:
    """Return the speech, [N], that a run's network, as in training, finds in a whole waveform [N]."""
    tree, _ = load_yaml(folder / "config.yaml")
    network = Enhancer(from_dict(EnhancerConfig, tree["system_conf"]["enhancer"]))
    network.load_state_dict(torch.load(folder / "model.pt", weights_only=True)["state"]["enhancer"])
    with torch.no_grad():
        return network.eval()(torch.from_numpy(wave - wave.mean())[None])[0][0].numpy()
