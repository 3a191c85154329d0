"""Constants of noisy self-training's separators as the paper has them against what `musdb18/svs1` trains with.

Each value of a resolved config is stated, or a choice of ours that is listed here, or the code's own default of what
the trainer and its optimiser do besides. What further rows of the paper's tables and the mini corpora change is listed.
"""

import re

import torch
from resolved import EGS, differing, flat, training

from audiolab.config import to_dict
from audiolab.data.augmentation import AugmentConfig
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.separator import Separator
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig
from audiolab.training.schedules import rate

CONF = EGS / "musdb18/svs1/conf"
GIVEN = ("data_conf.train_dirs", "data_conf.valid_dirs")

SYSTEM = {
    "rate": 16000,  # §3.2
    "n_fft": 1024,
    "hop": 256,
    "levels": 6,  # sizes: test/systems/test_poconet.py
    "first_channels": 32,  # §2.2: "from 32, 64, 128 to 256"
    "max_channels": 128,
    "embeddings": 10,  # k of eq. 1
    "input_power": 1.0,  # "concatenation of real and imaginary parts"
    "attention_channels": 5,  # §2.2
    "attention_dim": 20,
    "causal_attention": False,  # §4.2: longer windows help
    "mask_bias": 0.5,  # ours
    "norm_momentum": 0.01,  # ours
    "checkpointing": False,
    "lambda_audio": 1.0,  # §3.3
    "lambda_spec": 1.0,
    "lambda_vocals": 1.0,
    "lambda_accompaniment": 1.0,
}
DATA = {
    "pseudo_dirs": [],
    "balance": "union",
    "rate": 16000,  # §3.2
    "window_s": 10.0,  # Table 1
    "piece_s": 30.0,  # §3.2
    "random_mix": 1.0,  # Table 1
    "epoch_windows": None,
    "valid_s": 10.0,
    "valid_windows": None,
}
AUGMENT = {  # ours
    "gain_probability": 1.0,
    "gain_db": [-6.0, 6.0],
    "pitch_probability": 0.25,
    "pitch_semitones": [-2.0, 2.0],
    "lowpass_probability": 0.25,
    "lowpass_hz": [3000.0, 8000.0],
    "eq_probability": 0.5,
    "eq_bands": [1, 3],
    "eq_db": [-6.0, 6.0],
}
OPTIM = {"name": "adam", "lr": 1e-4, "schedule": "step", "every": 100_000, "gamma": 0.5, "floor": 2**-7}  # §3.3
TRAINER = {
    "max_steps": 700_000,  # §3.3: until the rate is no greater than 1e-6
    "batch_size": 1,  # §3.3
    "valid_every": 5000,
    "save_every": 5000,
    "num_workers": 4,
    "best": "sdr",
    "best_mode": "max",
    "keep_best": 1,
    "average_best": 1,
}
SIZES = {"small": (4, 64), "medium": (6, 128), "large": (5, 256)}
BATCHES = {2.5: 4, 5.0: 2, 10.0: 1}  # §3.3
TABLE_1 = [
    ("medium", 2.5, 0.0), ("medium", 2.5, 0.5), ("medium", 5.0, 0.0), ("medium", 5.0, 0.5),
    ("medium", 10.0, 0.0, "damp"), ("medium", 10.0, 0.0), ("medium", 10.0, 0.25), ("medium", 10.0, 0.5),
    ("medium", 10.0, 0.75), ("small", 10.0, 0.0, "damp"), ("small", 10.0, 0.0), ("small", 10.0, 0.5),
    ("large", 10.0, 0.0), ("large", 10.0, 0.5),
]  # fmt: skip
"""Its rows in order, but for the teacher's, the last one of 10 s and 8.3 M."""

MINI = {
    "teacher": {
        "system_conf.n_fft": 512,
        "system_conf.levels": 4,
        "system_conf.first_channels": 8,
        "system_conf.max_channels": 32,
        "system_conf.embeddings": 9,
        "system_conf.input_power": 0.5,
        "system_conf.norm_momentum": 0.1,
        "data_conf.window_s": 1.25,
        "data_conf.valid_s": 2.5,
        "data_conf.piece_s": None,
        "optim.separator.lr": 4e-3,
        "optim.separator.schedule": "cosine",
        "optim.separator.floor": 0.05,
        "trainer.max_steps": 400,
        "trainer.batch_size": 8,
        "trainer.valid_every": 100,
        "trainer.save_every": 100,
        "trainer.log_every": 20,
        "trainer.num_workers": 0,
    },
    "student_medium": {},
    "student_large": {"system_conf.max_channels": 64},
    "student_large_damp": {"system_conf.max_channels": 64},
    **{f"student_large_x{k}": {"system_conf.max_channels": 64, "trainer.max_steps": 400 * k} for k in (2, 3, 4)},
    "medium_10s_p0": {"data_conf.random_mix": 0.0},
    "medium_10s_p0_damp": {"data_conf.random_mix": 0.0},
    "small_10s_p0": {"data_conf.random_mix": 0.0, "system_conf.levels": 3, "system_conf.max_channels": 16},
    "medium_2.5s_p0": {"data_conf.random_mix": 0.0, "data_conf.window_s": 0.3125, "trainer.batch_size": 32},
}
"""What the teacher changes of the full one, and all others of the teacher."""


def separators(folder):
    """Return what each separator's training in a folder gets, by the YAML's name."""
    found = {path.stem: training(path, *GIVEN) for path in sorted(folder.glob("*.yaml")) if path.stem != "slurm"}
    return {name: config for name, config in found.items() if config["system"] == "poconet"}


def rows(folder):
    return (folder / "table1.txt").read_text(encoding="utf-8").split()


def changes_of(size, window=10.0, probability=1.0):
    """Return what a row of a table changes of the teacher."""
    levels, channels = SIZES[size]
    values = {
        "system_conf.levels": levels,
        "system_conf.max_channels": channels,
        "data_conf.window_s": window,
        "data_conf.random_mix": probability,
        "trainer.batch_size": BATCHES[window],
    }
    usual = {f"system_conf.{key}": value for key, value in SYSTEM.items()}
    usual |= {f"data_conf.{key}": value for key, value in DATA.items()} | {"trainer.batch_size": 1}
    return {key: (usual[key], value) for key, value in sorted(values.items()) if value != usual[key]}


def test_every_value_of_the_teacher():
    expected = {
        "system": "poconet",
        "seed": 0,
        "system_conf": SYSTEM,
        "data_conf": DATA | {"augment": to_dict(AugmentConfig()) | AUGMENT},
        "optim": {"separator": to_dict(OptimConfig()) | OPTIM},
        "trainer": to_dict(TrainerConfig(max_steps=1)) | TRAINER,
        "init": to_dict(InitConfig()),
    }
    assert differing(separators(CONF)["teacher"], flat(expected)) == {}


def test_rate_is_halved_until_it_is_no_greater_than_a_millionth():
    config = OptimConfig(**OPTIM)
    assert rate(config, 99_999) == 1e-4
    assert rate(config, 100_000) == 5e-5
    assert rate(config, 699_999) > 1e-6
    assert rate(config, 700_000) == rate(config, 2_000_000) == 1e-4 / 2**7


def test_rows_of_the_tables():
    found = separators(CONF)
    named = {
        "_".join([size, f"{window:g}s", f"p{100 * probability:.0f}", *damp]): (size, window, probability)
        for size, window, probability, *damp in TABLE_1
    }
    assert rows(CONF) == list(named)
    named |= {"student_medium": ("medium",), "student_large": ("large",), "teacher": ("medium",)}
    named |= {"student_large_damp": ("large",)}
    expected = {name: changes_of(*row) for name, row in named.items()}
    for k in (2, 3, 4):  # as many steps as teacher and students of rounds together
        longer = {"trainer.max_steps": (700_000, k * 700_000), "optim.separator.every": (100_000, k * 100_000)}
        expected[f"student_large_x{k}"] = dict(sorted((changes_of("large") | longer).items()))
    assert {name: differing(found["teacher"], config) for name, config in found.items()} == expected


def test_the_readme_states_how_many_weights_there_are():
    found = separators(CONF)
    text = (EGS / "musdb18/svs1/README.md").read_text(encoding="utf-8")
    rows_with_sizes = re.findall(r"^\| (`.*?) \|.*?([\d.]+) M weights", text, re.MULTILINE)
    assert len(rows_with_sizes) == 4
    for names, millions in rows_with_sizes:
        for name in re.findall(r"`(\w+)\.yaml`", names):
            system = {
                key.removeprefix("system_conf."): found[name][key] for key in found[name] if "system_conf." in key
            }
            with torch.device("meta"):
                counted = sum(each.numel() for each in Separator(PoCoNetConfig(**system)).parameters())
            assert f"{counted / 1e6:.1f}" == millions, name


def test_what_mini_changes_is_listed():
    full, mini = separators(CONF)["teacher"], separators(CONF / "mini")
    assert mini.keys() == MINI.keys()
    for name, config in mini.items():
        before = full if name == "teacher" else mini["teacher"]
        changes = {key: (before[key], value) for key, value in sorted(MINI[name].items())}
        assert differing(before, config) == changes, name


def test_mini_has_a_training_for_each_row_it_lists_and_each_is_a_row_of_the_paper():
    assert set(rows(CONF / "mini")) <= set(rows(CONF))
    students = {name for name in MINI if name.startswith("student_")}
    assert set(rows(CONF / "mini")) | {"teacher"} | students == set(MINI)
