"""PoCoNet's training and validation against §2.2 of the paper, written out."""

import math

import pytest
import torch
from plain_poconet import loss_of, parts_of, separate
from wiring import Plain, compare, same, weights_of

from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import Whole

pytestmark = pytest.mark.usefixtures("double")

SMALL = {
    "rate": 8000, "n_fft": 16, "hop": 4, "levels": 3, "first_channels": 2, "max_channels": 3, "embeddings": 3,
    "attention_channels": 2, "attention_dim": 3, "norm_momentum": 0.25,
}  # fmt: skip
LENGTH = 50  # 13 frames
OPTIONS = {
    "paper": {},
    "causal attention": {"causal_attention": True},
    "no attention": {"attention_channels": 0},
    "powers of magnitudes": {"input_power": 0.5},
    "weights of losses": {
        "lambda_audio": 3.0, "lambda_spec": 0.5, "lambda_vocals": 0.7, "lambda_accompaniment": 2.0,
    },
    "mask bias": {"mask_bias": -0.3},
    "other STFT": {"hop": 8, "n_fft": 32, "levels": 2, "embeddings": 5},
    "one level": {"levels": 1},
    "no embedding": {"embeddings": 0},
    "computed again": {"checkpointing": True},
}  # fmt: skip


def made(seed=0, **options):
    """Return a system in training, with weights and statistics of batch normalisation at random, and its config."""
    cls = systems.get("poconet")
    config = from_dict(cls.Config, SMALL | options)
    torch.manual_seed(seed)
    system = cls(config).double()
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for key, value in system.state_dict().items():
            if key.endswith("running_var"):
                value.copy_(0.5 + torch.rand(value.shape, generator=generator))
            elif value.dim() == 1 and value.is_floating_point():
                value += 0.2 * torch.randn(value.shape, generator=generator)
    return system.train(), config


def batch_of(seed, count=2):
    """Return windows of a tone (vocals) and of noise."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(LENGTH)
    vocals = torch.sin(0.3 * time + 6 * torch.rand(count, 1, generator=generator)) * torch.arange(1, count + 1)[:, None]
    accompaniment = 0.5 * torch.randn(count, LENGTH, generator=generator)
    utts = [str(number) for number in range(count)]
    return {"vocals": vocals, "accompaniment": accompaniment, "whole": Whole(count), "utts": utts}


def estimated(weights, batch, config, training):
    """Return the plain estimates of both sources, and the parts of their loss."""
    estimates = separate(weights["separator"], batch["vocals"] + batch["accompaniment"], config, training)
    vocals, rest = estimates
    parts = parts_of(vocals, batch["vocals"], "vocals", config)
    return estimates, parts | parts_of(rest, batch["accompaniment"], "accompaniment", config)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_training(options):
    system, config = made(**options)

    def reference(weights, batch):
        _, parts = estimated(weights, batch, config, training=True)
        yield Plain("separator", loss_of(parts, config), ("separator",), parts)

    compare(system, reference, [batch_of(1), batch_of(2)], tolerance=1e-8)


def test_validation():
    system, config = made(lambda_vocals=0.7)
    system.eval()
    batch = batch_of(3, count=3)
    batch["vocals"][1] *= 1e-3  # 48 dB below the accompaniment: not heard
    with torch.no_grad():
        found = system.validate(batch)
        estimates, parts = estimated(weights_of(system), batch, config, training=False)
    for name, value in parts.items():
        same(name, found[name].value, value, 1e-9)
    same("loss", found["separator_loss"].value, loss_of(parts, config), 1e-9)
    ratios = {}
    for name, waves, heard in (("vocals", estimates[0], (0, 2)), ("accompaniment", estimates[1], (0, 1, 2))):
        each = [float((batch[name][n] ** 2).sum() / ((batch[name][n] - waves[n]) ** 2).sum()) for n in heard]
        ratios[name] = [10 * math.log10(ratio) for ratio in each]
        assert found[f"{name}_sdr"].count == len(heard)
        assert found[f"{name}_sdr"].value == pytest.approx(sum(ratios[name]) / len(heard))
    both = ratios["vocals"] + ratios["accompaniment"]
    assert found["sdr"].value == pytest.approx(sum(both) / len(both))
