"""SoftGAN's constants as the paper has them against what `vcc2018/vc1` trains and converts with, key by key.

Each value of a resolved config is the paper's, or a choice of ours that is listed here, or the code's own default of
what the trainer and its optimisers do besides. What a YAML of an ablation changes is all that it may change.
"""

import pytest
from resolved import EGS, differing, flat, run_options, table, training, trainings

from audiolab.config import from_dict, load_yaml, to_dict
from audiolab.features.kinds import read_features
from audiolab.tasks.vc.apply import InferenceConfig
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig

CONF = EGS / "vcc2018/vc1/conf"
GIVEN = ("data_conf.train_dir", "data_conf.source", "data_conf.target")

PAPER = {
    "system": "softgan",
    "system_conf.rho_gen": 0.1,  # §3.2
    "system_conf.rho_dis": 0.9,
    "system_conf.anchors": "both",  # "noise and source data as false anchors"
    "system_conf.adversarial": "least_squares",  # §4.1
    "system_conf.lambda_identity": 0.15,
    "system_conf.lambda_cycle": 0.3,
    "system_conf.lambda_energy": 1.0,
    "system_conf.energy_mean": "frequency",  # §3.3: "the amplitude mean for each frame"
    "data_conf.frames": 128,  # §4.1: 32 frequency bins, which features.yaml has, and 128 time frames
    "system_conf.generator.channels": [256, 512],  # 256, 512, 256 and 1 filters
    "system_conf.generator.kernel": 2,
    "system_conf.generator.bottleneck": False,
    "system_conf.discriminator.channels": [64, 128, 256, 512],
    "system_conf.discriminator.hidden": 512,
    "trainer.batch_size": 1,
    "optim.generator.name": "adam",
    "optim.discriminator.name": "adam",
}
OURS = {
    "system_conf.bands": None,  # those of the features
    "system_conf.frames": None,  # those of data_conf
    "system_conf.detach_labels": True,  # labels are data
    "system_conf.anchor_weight": 1.0,
    "system_conf.first": "generator",
    "system_conf.scale": "speaker",
    "system_conf.feature_std": 10.0,
    "system_conf.unit_range_db": 80.0,
    "system_conf.generator.affine": False,
    "system_conf.generator.output": "linear",
    "system_conf.discriminator.hidden_norm": "none",
    "system_conf.discriminator.slope": 0.2,
    "data_conf.held_out": 1,  # of 81 sentences 80 remain, as in the paper
    "data_conf.unshared": False,
    "optim.generator.lr": 1e-3,
    "optim.generator.betas": [0.5, 0.999],
    "optim.discriminator.lr": 1e-4,
    "optim.discriminator.betas": [0.5, 0.999],
    "trainer.max_steps": 2500,
    "trainer.ema_decay": 0.999,
    "trainer.valid_every": 500,
    "trainer.save_every": 500,
    "trainer.log_every": 100,
    "seed": 0,
}
DEFAULTS = {
    **{f"optim.{name}.{k}": v for name in ("generator", "discriminator") for k, v in to_dict(OptimConfig()).items()},
    **flat({"trainer": to_dict(TrainerConfig(max_steps=1)), "init": to_dict(InitConfig())}),
}
HARD = {"system_conf.rho_gen": 1.0, "system_conf.rho_dis": 1.0}
STD_1, FAST_D = {"system_conf.feature_std": 1.0}, {"optim.discriminator.lr": 1e-3}
ABLATIONS = {
    "softgan_energy": {},  # Table 1, row 2
    "softgan_noenergy": {"system_conf.lambda_energy": 0.0},  # row 3
    "gan_energy_bottleneck": {**HARD, "system_conf.anchors": "none", "system_conf.generator.bottleneck": True},  # row 4
    "gan_energy": {**HARD, "system_conf.anchors": "none"},  # row 5
    "lsgan_energy_anchors": HARD,
    "softgan_energy_noanchors": {"system_conf.anchors": "none"},
    "softgan_energy_rhogen": {"system_conf.rho_dis": 1.0},
    "softgan_energy_rhodis": {"system_conf.rho_gen": 1.0},
    "softgan_energy_std1": STD_1,
    "softgan_energy_fastd": FAST_D,
    "softgan_energy_std1_fastd": {**STD_1, **FAST_D},
    "gan_energy_std1": {**HARD, "system_conf.anchors": "none", **STD_1},
    "gan_energy_fastd": {**HARD, "system_conf.anchors": "none", **FAST_D},
    "gan_energy_std1_fastd": {**HARD, "system_conf.anchors": "none", **STD_1, **FAST_D},
    "gan_energy_rhogen": {"system_conf.rho_dis": 1.0, "system_conf.anchors": "none"},
    "gan_energy_rhodis": {"system_conf.rho_gen": 1.0, "system_conf.anchors": "none"},
    "softgan_energy_bottleneck": {"system_conf.generator.bottleneck": True},
    "softgan_energy_frames256": {"data_conf.frames": 256},
    "softgan_energy_cycle1": {"system_conf.lambda_cycle": 1.0, "system_conf.lambda_identity": 0.5},
    "softgan_energy_kernel4": {"system_conf.generator.kernel": 4},
    "softgan_energy_kernel3": {"system_conf.generator.kernel": 3},
    "softgan_energy_cycle10": {"system_conf.lambda_cycle": 10.0, "system_conf.lambda_identity": 5.0},
}


def test_every_value_of_the_papers_system():
    assert PAPER.keys().isdisjoint(OURS)
    assert differing(training(CONF / "softgan_energy.yaml", *GIVEN), DEFAULTS | OURS | PAPER) == {}


@pytest.mark.parametrize("name", ABLATIONS)
def test_an_ablation_differs_in_what_it_says_and_in_nothing_else(name):
    base = training(CONF / "softgan_energy.yaml", *GIVEN)
    expected = {key: (value, base[key]) for key, value in sorted(ABLATIONS[name].items())}
    assert differing(training(CONF / f"{name}.yaml", *GIVEN), base) == expected


def test_all_systems_are_listed_here():
    assert trainings(CONF) == set(ABLATIONS)


def test_features():
    found = flat(to_dict(read_features(CONF / "features.yaml")))
    paper = {"stft.rate": 16000, "n_mels": 32, "mel_norm": "sum"}  # §4.1
    ours = {
        "stft.window_ms": 50.0, "stft.hop_ms": 5.0, "stft.n_fft": 1024, "mel_low_hz": 0.0, "mel_high_hz": 8000.0,
        "mel_scale": "htk", "scale": "db", "floor_db": -100.0, "order_policy": "speaker", "tolerance_db": 2.0,
        "max_iterations": 200, "f0.method": "dio", "f0.floor": 50.0, "f0.ceiling": 700.0,
    }  # fmt: skip
    assert differing(found, paper | ours) == {}


def test_conversion():
    found = flat(to_dict(from_dict(InferenceConfig, *load_yaml(CONF / "convert.yaml"))))
    paper = {"f0": "keep"}  # §4.1: the source's excitation is preserved, only the envelope is converted
    ours = {
        "conversion.window_frames": 2000, "conversion.filter.limit_db": 24.0, "conversion.filter.smooth_frames": 3,
        "conversion.filter.max_change_db": None,
    }  # fmt: skip
    assert differing(found, paper | ours) == {}
    moved = flat(to_dict(from_dict(InferenceConfig, *load_yaml(CONF / "convert_f0.yaml"))))
    assert differing(moved, found) == {"f0": ("speakers", "keep")}


def test_options_of_the_recipe():
    options = run_options("vcc2018/vc1")
    assert options["train_config"] == "conf/softgan_energy.yaml"
    assert options["infer_config"] == "conf/convert.yaml"
    rows = ["softgan_energy", "softgan_noenergy", "gan_energy_bottleneck", "gan_energy"]
    assert options["ablation_configs"].split()[:4] == rows


def test_table_1():
    """Similarity and naturalness with their intervals; the last row the paper left out."""
    paper = {
        "natural": ("4.91", "0.08", "4.82", "0.12"),
        "softgan_energy": ("3.40", "0.40", "3.02", "0.35"),
        "softgan_noenergy": ("2.90", "0.36", "2.66", "0.35"),
        "gan_energy_bottleneck": ("2.84", "0.35", "2.59", "0.33"),
        "gan_energy": ("", "", "", ""),
    }
    columns = ("similarity", "sim_ci", "naturalness", "nat_ci")
    rows = table("vcc2018/vc1/local/table1.tsv")
    assert {row["config"]: tuple(row[column] for column in columns) for row in rows} == paper
