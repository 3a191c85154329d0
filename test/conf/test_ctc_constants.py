"""Constants of the recogniser that `vctk/vc1` scores words with; the paper has none, so all are choices.

Each value of the resolved config is stated here, or is the code's own default.
"""

from resolved import EGS, differing, flat, training

from audiolab.config import to_dict
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig

CONF = EGS / "vctk/vc1/conf"
GIVEN = ("data_conf.train_dirs", "data_conf.valid_dirs", "data_conf.units")  # by run.sh
SYSTEM = {
    "bands": None,
    "units": None,
    "filters": 256,
    "kernel": 5,
    "strides": [2, 1],  # 32 ms a frame that comes out
    "hidden": 320,
    "layers": 4,
    "dropout": 0.2,
}
DATA = {"frames_per_unit": 2.0, "time_masks": 2, "time_mask": 40, "time_share": 0.2, "band_masks": 2, "band_mask": 15}
OPTIM = {"name": "adam", "lr": 1e-3, "schedule": "cosine", "warmup": 1000, "floor": 0.01}
TRAINER = {
    "max_steps": 50_000, "batch_size": 32, "bucket": 30, "clip_norm": 5.0, "valid_every": 1000, "save_every": 1000,
    "num_workers": 4, "best": "cer", "keep_best": 5, "average_best": 5,
}  # fmt: skip
MINI = {
    "system_conf.filters": 128,
    "system_conf.hidden": 192,
    "system_conf.layers": 1,
    "system_conf.dropout": 0.1,
    "data_conf.time_masks": 0,
    "data_conf.band_masks": 1,
    "optim.recogniser.lr": 2e-3,
    "optim.recogniser.warmup": 50,
    "trainer.max_steps": 3000,
    "trainer.batch_size": 8,
    "trainer.valid_every": 500,
    "trainer.save_every": 500,
    "trainer.log_every": 50,
    "trainer.num_workers": 0,
}


def test_every_value_of_the_recogniser():
    expected = {
        "system": "ctc",
        "seed": 0,
        "system_conf": SYSTEM,
        "data_conf": DATA,
        "optim": {"recogniser": to_dict(OptimConfig()) | OPTIM},
        "trainer": to_dict(TrainerConfig(max_steps=1)) | TRAINER,
        "init": to_dict(InitConfig()),
    }
    assert differing(training(CONF / "ctc.yaml", *GIVEN), flat(expected)) == {}


def test_what_mini_changes_of_the_recogniser():
    full, mini = (training(folder / "ctc.yaml", *GIVEN) for folder in (CONF, CONF / "mini"))
    assert differing(full, mini) == {key: (full[key], value) for key, value in sorted(MINI.items())}
