"""Constants of the detectors of activity against what `musdb18/svs1` trains them with.

The paper gives rate, STFT and loss; of the network it says whose configuration it takes, and no more. Each value of the
resolved config is stated here, or is the code's own default.
"""

from resolved import differing, flat, training
from test_poconet_constants import AUGMENT, CONF, GIVEN

from audiolab.config import to_dict
from audiolab.data.augmentation import AugmentConfig
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig

SYSTEM = {
    "source": "vocals",  # run.sh trains one of accompaniment, too
    "rate": 16000,  # §3.2
    "n_fft": 1024,
    "hop": 256,
    "filters": 64,  # ours from here on
    "pools": [5, 4, 4, 2],
    "hidden": 64,
    "layers": 2,
    "floor_db": -100.0,
    "silence_db": -60.0,
}
DATA = {
    "pseudo_dirs": [],
    "balance": "union",
    "rate": 16000,
    "window_s": 10.0,
    "piece_s": None,
    "random_mix": 0.5,
    "epoch_windows": None,
    "valid_s": 10.0,
    "valid_windows": None,
}
OPTIM = {"name": "adam", "lr": 1e-3, "schedule": "cosine", "floor": 0.01}
TRAINER = {
    "max_steps": 50_000, "batch_size": 8, "valid_every": 1000, "save_every": 1000, "num_workers": 4,
    "best": "detector_loss", "keep_best": 1, "average_best": 1,
}  # fmt: skip
MINI = {
    "system_conf.n_fft": 512,
    "system_conf.filters": 16,
    "system_conf.hidden": 16,
    "system_conf.layers": 1,
    "data_conf.window_s": 2.5,
    "data_conf.valid_s": 2.5,
    "trainer.max_steps": 300,
    "trainer.batch_size": 4,
    "trainer.valid_every": 100,
    "trainer.save_every": 100,
    "trainer.log_every": 20,
    "trainer.num_workers": 0,
}


def test_every_value():
    expected = {
        "system": "activity",
        "seed": 0,
        "system_conf": SYSTEM,
        "data_conf": DATA | {"augment": to_dict(AugmentConfig()) | AUGMENT | {"gain_db": [-24.0, 6.0]}},
        "optim": {"detector": to_dict(OptimConfig()) | OPTIM},
        "trainer": to_dict(TrainerConfig(max_steps=1)) | TRAINER,
        "init": to_dict(InitConfig()),
    }
    assert differing(training(CONF / "activity.yaml", *GIVEN), flat(expected)) == {}


def test_what_mini_changes_is_listed():
    full, mini = (training(folder / "activity.yaml", *GIVEN) for folder in (CONF, CONF / "mini"))
    assert differing(full, mini) == {key: (full[key], value) for key, value in sorted(MINI.items())}
