"""Constants of the speaker encoder: what the resolved config has is the papers', ours as it is listed, or a default.

The loss is Wan et al.'s (ICASSP 2018), the network that of AutoVC's speakers' embeddings.
"""

from resolved import EGS, differing, flat, training

from audiolab.config import to_dict
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig

CONF = EGS / "vctk/vc1/conf"
GIVEN = ("data_conf.train_dirs", "data_conf.valid_dirs")
SYSTEM = {
    "bands": None,
    "hidden": 768,  # AutoVC
    "layers": 3,
    "size": 256,
    "loss": "softmax",  # for speech of any text
    "w": 10.0,
    "b": -5.0,
    "similarity_gradient": 0.01,
    "projection_gradient": 0.5,
    "window": None,  # the middle of frames, 160: 1.6 s in the paper's frames
}
DATA = {
    "held_out": 0,
    "utterances": 10,
    "frames": [140, 180],
    "least_frames": 64,  # ours
    "least_utterances": 2,  # ours
}
TRAINER = {
    "max_steps": 300_000,  # ours
    "batch_size": 64,
    "clip_norm": 3.0,
    "valid_every": 2000, "save_every": 2000, "num_workers": 4, "best": "eer", "keep_best": 1, "average_best": 1,  # ours
}  # fmt: skip
OPTIM = {"name": "adam", "lr": 1e-4}  # ours: the paper has SGD
MINI = {
    "system_conf.hidden": 64,
    "system_conf.layers": 2,
    "data_conf.utterances": 5,
    "data_conf.frames": [80, 120],
    "data_conf.least_frames": 40,
    "optim.encoder.lr": 1e-3,
    "optim.encoder.schedule": "cosine",
    "optim.encoder.warmup": 40,
    "optim.encoder.floor": 0.05,
    "trainer.max_steps": 250,
    "trainer.batch_size": 16,
    "trainer.valid_every": 50,
    "trainer.save_every": 50,
    "trainer.log_every": 25,
    "trainer.num_workers": 0,
}


def test_every_value():
    expected = {
        "system": "ge2e",
        "seed": 0,
        "system_conf": SYSTEM,
        "data_conf": DATA,
        "optim": {"encoder": to_dict(OptimConfig()) | OPTIM},
        "trainer": to_dict(TrainerConfig(max_steps=1)) | TRAINER,
        "init": to_dict(InitConfig()),
    }
    assert differing(training(CONF / "ge2e.yaml", *GIVEN), flat(expected)) == {}


def test_what_mini_changes_is_listed():
    full, mini = (training(folder / "ge2e.yaml", *GIVEN) for folder in (CONF, CONF / "mini"))
    assert differing(full, mini) == {key: (full[key], value) for key, value in sorted(MINI.items())}
