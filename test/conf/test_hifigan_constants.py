"""Constants of HiFi-GAN as its paper and its authors' code have them against what `vctk/vc1` trains with.

Each value of the resolved config is stated, or a choice of ours that is listed here, or the code's own default of what
the trainer and its optimiser do besides.
"""

from resolved import EGS, differing, flat, training

from audiolab.config import to_dict
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig
from audiolab.training.schedules import rate, resolve

CONF = EGS / "vctk/vc1/conf"
GIVEN = ("data_conf.train_dir", "data_conf.audio_dir")

SYSTEM = {
    "lambda_features": 2.0,  # §2.3
    "lambda_mel": 45.0,
    "mel_bands": 80,
    "rate": None,  # of the features, as the three that follow
    "n_fft": None,
    "hop": None,
    "n_mels": None,
    "generator": {
        "channels": 128,  # V2
        "rates": [8, 8, 2, 2],
        "kernels": [16, 16, 4, 4],
        "block_kernels": [3, 7, 11],
        "dilations": [1, 3, 5],
        "slope": 0.1,
    },
    "discriminator": {
        "periods": [2, 3, 5, 7, 11],
        "period_channels": [32, 128, 512, 1024, 1024],
        "scales": 3,
        "scale_channels": [128, 128, 256, 512, 1024, 1024, 1024],
        "slope": 0.1,
    },
}
DATA = {"samples": 8192, "held_out": 2}
OPTIM = {
    "name": "adamw", "lr": 2e-4, "betas": [0.8, 0.99], "weight_decay": 0.01, "schedule": "step", "every": None,
    "gamma": 0.999,
}  # fmt: skip
TRAINER = {
    "max_steps": 500_000, "batch_size": 16, "valid_every": 5000, "save_every": 5000, "num_workers": 4,
    "best": "mel", "keep_best": 1,
}  # fmt: skip
MINI = {
    "system_conf.generator.channels": 32,
    "system_conf.generator.block_kernels": [3, 7],
    "system_conf.generator.dilations": [1, 3],
    "system_conf.discriminator.periods": [2, 3, 5],
    "system_conf.discriminator.period_channels": [8, 16, 32, 32, 32],
    "system_conf.discriminator.scales": 2,
    "system_conf.discriminator.scale_channels": [16, 16, 16, 32, 32, 32, 32],
    "data_conf.samples": 4096,
    "data_conf.held_out": 1,
    "optim.discriminator.lr": 1e-3,
    "optim.generator.lr": 2e-3,
    "trainer.max_steps": 500,
    "trainer.batch_size": 4,
    "trainer.valid_every": 100,
    "trainer.save_every": 100,
    "trainer.log_every": 20,
    "trainer.num_workers": 0,
}


def test_every_value():
    expected = {
        "system": "hifigan",
        "seed": 0,
        "system_conf": SYSTEM,
        "data_conf": DATA,
        "optim": dict.fromkeys(("discriminator", "generator"), to_dict(OptimConfig()) | OPTIM),
        "trainer": to_dict(TrainerConfig(max_steps=1)) | TRAINER,
        "init": to_dict(InitConfig()),
    }
    assert differing(training(CONF / "hifigan.yaml", *GIVEN), flat(expected)) == {}


def test_rates_fall_by_a_thousandth_with_each_epoch():
    config = resolve(OptimConfig(**OPTIM), max_steps=500_000, epoch=40)
    assert [rate(config, step) for step in (0, 39, 40, 79, 80)] == [
        2e-4, 2e-4, 2e-4 * 0.999, 2e-4 * 0.999, 2e-4 * 0.999**2,
    ]  # fmt: skip


def test_what_mini_changes_is_listed():
    full, mini = (training(folder / "hifigan.yaml", *GIVEN) for folder in (CONF, CONF / "mini"))
    assert differing(full, mini) == {key: (full[key], value) for key, value in sorted(MINI.items())}
