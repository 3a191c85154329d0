"""HiFi-GAN's losses, gradients and order of steps against its equations, written out layer by layer."""

import librosa
import numpy as np
import pytest
import torch
from torch.nn import functional
from wiring import Plain, compare, same, weights_of

from audiolab.config import from_dict, to_dict
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.systems.hifigan.config import HiFiGANConfig
from audiolab.systems.hifigan.system import HiFiGAN

pytestmark = pytest.mark.usefixtures("double")

FRAMES, N_FFT, HOP, N_MELS, BANDS = 5, 32, 8, 6, 4
ANALYSIS = LogMelConfig(n_fft=N_FFT, hop=HOP, n_mels=N_MELS, range_db=80.0, reference_db=10.0)
SIZES = {
    "rate": 16000, "n_fft": N_FFT, "hop": HOP, "n_mels": N_MELS, "mel_bands": BANDS,
    "generator": {
        "channels": 8, "rates": [4, 2], "kernels": [8, 2], "block_kernels": [3, 5], "dilations": [1, 2], "slope": 0.1,
    },
    "discriminator": {
        "periods": [2, 3], "period_channels": [4, 3, 5, 4, 3], "scales": 2,
        "scale_channels": [4, 16, 16, 32, 16, 16, 5], "slope": 0.2,
    },
}  # fmt: skip
STRIDES = {"scale": [1, 2, 2, 4, 4, 1, 1], "period": [3, 3, 3, 3, 1]}
GROUPS = [1, 4, 16, 16, 16, 16, 1]
CASES = {
    "as published": {},
    "other weights": {"lambda_features": 0.5, "lambda_mel": 3.0},
    "no dilation, one scale": {"generator": SIZES["generator"] | {"dilations": [1]},
                               "discriminator": SIZES["discriminator"] | {"scales": 1, "slope": 0.1}},
}  # fmt: skip


def config_of(changes):
    return from_dict(HiFiGANConfig, SIZES | changes, source="test")


def system_of(config):
    torch.manual_seed(3)
    system = HiFiGAN(config).train()
    system.analysis.values = to_dict(ANALYSIS)
    return system


def batch_of(seed, size=2):
    generator = torch.Generator().manual_seed(seed)
    return {
        "mel": 1.2 * torch.rand(size, FRAMES, N_MELS, generator=generator) - 0.1,
        "wave": 0.3 * torch.randn(size, FRAMES * HOP, generator=generator),
    }


def direction(weights, layer):
    """Weight norm: a length for each of the first axis, and a direction."""
    length = weights[f"{layer}.parametrizations.weight.original0"]
    vector = weights[f"{layer}.parametrizations.weight.original1"]
    rows = [length[n] * row / row.square().sum().sqrt() for n, row in enumerate(vector)]
    return torch.stack(rows)


def spectral(weights, layer):
    """Spectral norm: one step of the power iteration, and the weight by the singular value that it estimates."""
    weight = weights[f"{layer}.parametrizations.weight.original"]
    names = [f"{layer}.parametrizations.weight.0._{side}" for side in "uv"]
    matrix = weight.detach().flatten(1)
    left = matrix @ weights[names[1]]
    left = left / left.norm()
    right = matrix.T @ left
    right = right / right.norm()
    weights[names[0]], weights[names[1]] = left, right
    return weight / (left @ weight.flatten(1) @ right)


def leaky(x, slope):
    return torch.where(x > 0, x, slope * x)


def conv(weights, layer, x, **options):
    return functional.conv1d(x, direction(weights, layer), weights[f"{layer}.bias"], **options)


def generate(weights, mel, config):
    settings = config.generator
    levels = (80.0 * (mel.clamp(0, 1) - 1) + 10.0) / 20 * np.log(10)
    x = conv(weights, "first", levels.transpose(1, 2), padding=3)
    for level, (kernel, rate) in enumerate(zip(settings.kernels, settings.rates)):
        name = f"up.{level}"
        x = functional.conv_transpose1d(
            leaky(x, settings.slope), direction(weights, name), weights[f"{name}.bias"], stride=rate,
            padding=(kernel - rate) // 2,
        )  # fmt: skip
        total = 0.0
        for which, width in enumerate(settings.block_kernels):
            block, y = f"blocks.{level}.{which}", x
            for number, dilation in enumerate(settings.dilations):
                z = conv(weights, f"{block}.dilated.{number}", leaky(y, settings.slope), dilation=dilation,
                         padding=dilation * (width - 1) // 2)  # fmt: skip
                y = y + conv(weights, f"{block}.plain.{number}", leaky(z, settings.slope), padding=(width - 1) // 2)
            total = total + y
        x = total / len(settings.block_kernels)
    return torch.tanh(conv(weights, "last", leaky(x, 0.01), padding=3))[:, 0]


def by_periods(weights, number, period, wave, slope):
    """Each column, the samples of one remainder by the period, is convolved by itself."""
    length = wave.shape[1]
    places = [n if n < length else 2 * (length - 1) - n for n in range(-(-length // period) * period)]
    x = wave[:, places].reshape(len(wave), 1, -1, period)
    maps = []
    for layer, stride in enumerate([*STRIDES["period"], None]):
        name = f"periods.{number}." + (f"layers.{layer}" if stride else "last")
        weight, bias = direction(weights, name)[..., 0], weights[f"{name}.bias"]
        columns = [
            functional.conv1d(x[..., column], weight, bias, stride=stride or 1, padding=2 if stride else 1)
            for column in range(period)
        ]
        x = torch.stack(columns, -1)
        x = leaky(x, slope) if stride else x
        maps.append(x)
    return maps


def by_scale(weights, number, wave, slope):
    x, maps = wave[:, None], []
    for layer, stride in enumerate([*STRIDES["scale"], None]):
        name = f"scales.{number}." + (f"layers.{layer}" if stride else "last")
        weight = direction(weights, name) if number else spectral(weights, name)
        groups = GROUPS[layer] if stride else 1
        x = functional.conv1d(
            x, weight, weights[f"{name}.bias"], stride=stride or 1, padding=weight.shape[-1] // 2, groups=groups
        )
        x = leaky(x, slope) if stride else x
        maps.append(x)
    return maps


def judge(weights, wave, config):
    settings = config.discriminator
    found = [
        by_periods(weights, number, period, wave, settings.slope) for number, period in enumerate(settings.periods)
    ]
    for number in range(settings.scales):
        if number:  # means of four samples, from two before the first one on
            padded = functional.pad(wave, (2, 2))
            wave = torch.stack([padded[:, n : n + 4].sum(1) / 4 for n in range(0, padded.shape[1] - 3, 2)], 1)
        found.append(by_scale(weights, number, wave, settings.slope))
    return found


def log_mel(wave):
    margin = (N_FFT - HOP) // 2
    places = [abs(n) if n < len(wave) else 2 * (len(wave) - 1) - n for n in range(-margin, len(wave) + margin)]
    padded, time = wave[places], torch.arange(N_FFT)
    window = 0.5 - 0.5 * torch.cos(2 * np.pi * time / N_FFT)
    angles = 2 * np.pi * torch.outer(torch.arange(N_FFT // 2 + 1), time) / N_FFT
    bank = torch.from_numpy(
        librosa.filters.mel(sr=16000, n_fft=N_FFT, n_mels=BANDS, fmin=0, fmax=8000, dtype=np.float64)
    )
    rows = []
    for start in range(0, len(padded) - N_FFT + 1, HOP):
        frame = padded[start : start + N_FFT] * window
        power = (torch.cos(angles) @ frame) ** 2 + (torch.sin(angles) @ frame) ** 2
        rows.append(torch.log(torch.clamp(bank @ torch.sqrt(power + 1e-9), min=1e-5)))
    assert len(rows) == FRAMES
    return torch.stack(rows)


def mel_difference(made, true):
    return sum((log_mel(a) - log_mel(b)).abs().mean() for a, b in zip(made, true)) / len(made)


class Reference:
    """The two updates of a batch."""

    def __init__(self, config):
        self.config = config

    def updates(self, weights, batch):
        own, real = weights["discriminators"], batch["wave"]
        made = generate(weights["generator"], batch["mel"], self.config)
        of_real, of_made = judge(own, real, self.config), judge(own, made.detach(), self.config)
        loss = sum(((1 - maps[-1]) ** 2).mean() for maps in of_real) + sum((maps[-1] ** 2).mean() for maps in of_made)
        shown = {
            name: sum(maps[-1].mean() for maps in found) / len(found)
            for name, found in (("d_real", of_real), ("d_generated", of_made))
        }
        yield Plain("discriminator", loss, ("discriminators",), shown)
        of_real, of_made = judge(own, real, self.config), judge(own, made, self.config)
        fooling = sum(((1 - maps[-1]) ** 2).mean() for maps in of_made)
        features = sum(
            (a.detach() - b).abs().mean() for one, other in zip(of_real, of_made) for a, b in zip(one, other)
        )
        mel = mel_difference(made, real)
        loss = fooling + self.config.lambda_features * features + self.config.lambda_mel * mel
        yield Plain("generator", loss, ("generator",), {"adversarial": fooling, "features": features, "mel": mel})


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_losses_gradients_and_order(changes):
    config = config_of(changes)
    compare(system_of(config), Reference(config).updates, [batch_of(1), batch_of(2)], tolerance=1e-8)


def test_the_published_weights():
    assert (HiFiGANConfig().lambda_features, HiFiGANConfig().lambda_mel) == (2.0, 45.0)


def test_validation_is_the_distance_of_mels():
    config = config_of({})
    system, batch = system_of(config), batch_of(5, size=3)
    weights = weights_of(system)
    found = system.eval().validate(batch)
    assert set(found) == {"mel"}
    expected = mel_difference(generate(weights["generator"], batch["mel"], config), batch["wave"])
    same("mel", torch.tensor(found["mel"].value), expected, 1e-9)
    assert found["mel"].count == 3
