"""Constants of the multi-language model: each value of the resolved configs is the paper's, a choice, or a default.

Tables: ``SYSTEM`` is of the paper; what differs between its systems stands in `DIFFERENCES`, and what mini changes in
`MINI`.
"""

import pytest
from resolved import EGS, differing, flat, training, trainings

from audiolab.config import to_dict
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig

CONF = EGS / "mailabs/tts1/conf"
GIVEN = tuple(f"data_conf.{part}_{kind}" for part in ("train", "valid") for kind in ("labels", "feats"))  # by run.sh
SYSTEM = {
    "columns": None, "added": None, "outputs": None, "languages": None, "speakers": None,  # of the data
    "bases": 6,
    "hidden": 256,
    "layers": 3,
    "cells": 256,
    "projection": 128,
    "codes": "random",
    "learns": ["mean", "bases", "added", "codes", "heads"],
    "chunk": 100,  # ours
    "pad": "before",  # ours
    "init": None,
    "new_code": "mean", "new_head": "mean", "alike": [],  # ours
}  # fmt: skip
DATA = {"languages": [], "speakers": [], "most": 0, "statistics": []}
OPTIM = {"name": "adam", "lr": 1e-3, "schedule": "exponential", "hold": 20_000, "every": 20_000, "gamma": 0.5}
TRAINER = {
    "max_steps": 100_000, "batch_size": 32, "bucket": 30, "clip_norm": 5.0, "valid_every": 2000, "save_every": 2000,
    "num_workers": 4, "best": "acoustic_loss", "keep_best": 1, "average_best": 1,
}  # fmt: skip
FEW = {
    "optim.acoustic.schedule": "constant", "optim.acoustic.hold": 0, "trainer.valid_every": 100,
    "trainer.save_every": 100,
}  # fmt: skip
ADAPTS = FEW | {"trainer.max_steps": 5000, "trainer.batch_size": 16}
BASELINE = {"system_conf.bases": 0, "system_conf.learns": ["mean", "heads"]}
DIFFERENCES = {
    "mlms_rand": {},
    "mlms_onehot": {"system_conf.codes": "onehot"},
    "mlms_fixed": {"system_conf.codes": "onehot", "system_conf.learns": ["mean", "bases", "heads"]},
    **{f"mlms_l{bases}": {"system_conf.bases": bases} for bases in (1, 2, 4)},  # ours: §5 asks for L below U
    "baseline": BASELINE,
    "baseline_small": BASELINE | FEW | {"trainer.max_steps": 20_000, "trainer.patience": 20},
    "adapt_v1": ADAPTS | {"system_conf.learns": ["codes", "heads"]},
    "adapt_v2": ADAPTS | {"system_conf.learns": ["codes", "mean", "added", "heads"]},
    "adapt_v3": ADAPTS | {"system_conf.learns": ["mean", "added", "heads"]},
    "adapt_v4": ADAPTS | {"system_conf.learns": ["codes", "mean", "added", "heads"]},
}
SIZES = {
    "system_conf.hidden": 48, "system_conf.layers": 2, "system_conf.cells": 48, "system_conf.projection": 32,
    "system_conf.chunk": 150, "optim.acoustic.lr": 4e-3, "optim.acoustic.hold": 100, "optim.acoustic.every": 150,
    "trainer.max_steps": 300, "trainer.batch_size": 16, "trainer.bucket": 4, "trainer.valid_every": 50,
    "trainer.save_every": 50, "trainer.log_every": 25, "trainer.num_workers": 0,
}  # fmt: skip
OFTEN = {
    "optim.acoustic.schedule": "exponential", "optim.acoustic.hold": 60, "trainer.valid_every": 20,
    "trainer.save_every": 20, "trainer.batch_size": 4,
}  # fmt: skip
MINI = dict.fromkeys(DIFFERENCES, SIZES) | {
    "baseline": SIZES | {"trainer.batch_size": 8},
    "baseline_small": SIZES | OFTEN | {"optim.acoustic.every": 100, "trainer.max_steps": 400, "trainer.patience": 6},
    **{
        f"adapt_v{number}": SIZES | OFTEN | {"optim.acoustic.every": 50, "trainer.max_steps": 160}
        for number in (1, 2, 3, 4)
    },
}
DURATION = {
    "columns": None, "languages": None, "speakers": None, "hidden": 256, "cells": 256, "layers": 1, "both_ways": False,
    "dropout": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENCES)
def test_every_value(name):
    expected = flat(
        {
            "system": "mlms",
            "seed": 0,
            "system_conf": SYSTEM,
            "data_conf": DATA,
            "optim": {"acoustic": to_dict(OptimConfig()) | OPTIM},
            "trainer": to_dict(TrainerConfig(max_steps=1)) | TRAINER,
            "init": to_dict(InitConfig()),
        }
    )
    assert differing(training(CONF / f"{name}.yaml", *GIVEN), expected | DIFFERENCES[name]) == {}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_mini_changes_is_listed(name):
    full, mini = (training(folder / f"{name}.yaml", *GIVEN) for folder in (CONF, CONF / "mini"))
    changed = {key: value for key, value in MINI[name].items() if full[key] != value}
    assert differing(full, mini) == {key: (full[key], value) for key, value in sorted(changed.items())}


def test_the_duration_model():
    given = [key for key in GIVEN if key.endswith("labels")]
    full, mini = (training(folder / "duration.yaml", *given) for folder in (CONF, CONF / "mini"))
    optim = {"name": "adam", "lr": 1e-3, "schedule": "exponential", "every": 10_000, "gamma": 0.5}
    trainer = TRAINER | {
        "max_steps": 30_000, "valid_every": 1000, "save_every": 1000, "num_workers": 2, "best": "duration_loss",
    }  # fmt: skip
    expected = {
        "system": "duration",
        "seed": 0,
        "system_conf": DURATION,
        "data_conf": {"languages": [], "speakers": []},
        "optim": {"duration": to_dict(OptimConfig()) | optim},
        "trainer": to_dict(TrainerConfig(max_steps=1)) | trainer,
        "init": to_dict(InitConfig()),
    }
    assert differing(full, flat(expected)) == {}
    sizes = {"system_conf.hidden": 48, "system_conf.cells": 48}
    steps = {key: value for key, value in SIZES.items() if key.startswith("trainer.")}
    rates = {"optim.duration.lr": 4e-3, "optim.duration.every": 150}
    assert differing(full, mini) == {key: (full[key], value) for key, value in sorted((sizes | steps | rates).items())}


def test_no_config_is_left_out():
    assert {path.stem for path in (CONF / "mini").glob("*.yaml")} == {*DIFFERENCES, "duration"}
    assert trainings(CONF) == {*DIFFERENCES, "duration"}
