"""The activity detector's training and validation against §2.1.1 of the paper, written out."""

from types import SimpleNamespace

import pytest
import torch
from plain_enhancer import batch_norm, spectrum_of
from torch.nn import functional
from wiring import Plain, compare, same, weights_of

from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import Whole

pytestmark = pytest.mark.usefixtures("double")

SMALL = {
    "rate": 8000, "n_fft": 16, "hop": 4, "filters": 3, "pools": [2, 2], "hidden": 2, "layers": 1, "silence_db": -30.0,
}  # fmt: skip
LENGTH = 42  # 11 frames
OPTIONS = {
    "vocals": {},
    "accompaniment": {"source": "accompaniment"},
    "two recurrent layers": {"layers": 2},
    "one convolution": {"pools": [3]},
    "floor": {"floor_db": -20.0},
    "silence": {"silence_db": -12.0},
    "other STFT": {"hop": 8, "n_fft": 32},
}


def made(**options):
    cls = systems.get("activity")
    config = from_dict(cls.Config, SMALL | options)
    torch.manual_seed(0)
    return cls(config).double().train(), config


def batch_of(seed, count=2):
    """Return windows of a tone (vocals), which is silent at the end, and of noise that is silent from the middle on."""
    generator = torch.Generator().manual_seed(seed)
    vocals = torch.sin(0.3 * torch.arange(LENGTH) + 6 * torch.rand(count, 1, generator=generator))
    vocals[:, LENGTH // 4 * 3 :] *= 0.01
    accompaniment = 0.5 * torch.randn(count, LENGTH, generator=generator)
    accompaniment[:, LENGTH // 2 :] *= 0.001
    utts = [str(number) for number in range(count)]
    return {"vocals": vocals, "accompaniment": accompaniment, "whole": Whole(count), "utts": utts}


def gru(w, x, layers):
    """Cho et al.'s gated units, [T, D] -> [T, 2 hidden], both ways."""
    for layer in range(layers):
        ways = []
        for suffix, order in (("", range(len(x))), ("_reverse", reversed(range(len(x))))):
            names = [f"recurrent.{kind}_l{layer}{suffix}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            w_in, w_state, b_in, b_state = (w[name] for name in names)
            state = torch.zeros(w_state.shape[1])
            outputs = [None] * len(x)
            for t in order:
                reset_in, update_in, new_in = (w_in @ x[t] + b_in).chunk(3)
                reset_state, update_state, new_state = (w_state @ state + b_state).chunk(3)
                reset, update = torch.sigmoid(reset_in + reset_state), torch.sigmoid(update_in + update_state)
                new = torch.tanh(new_in + reset * new_state)
                outputs[t] = state = (1 - update) * new + update * state
            ways.append(torch.stack(outputs))
        x = torch.cat(ways, dim=1)
    return x


def frames_of(w, batch, config, training):
    """Return (prediction, target) of each frame of each mixture."""
    stft = SimpleNamespace(n_fft=config.n_fft, hop=config.hop, window="hann")
    window = torch.hann_window(config.n_fft, dtype=torch.float64)
    maps = []
    for mixture in batch["vocals"] + batch["accompaniment"]:
        real, imaginary = spectrum_of(mixture, stft)
        magnitude = torch.sqrt(real**2 + imaginary**2) * 2 / window.sum()
        decibels = torch.maximum(20 * torch.log10(magnitude + 1e-300), torch.tensor(config.floor_db))
        maps.append((decibels + 50) / 20)
    x = torch.stack(maps)[:, None]
    for number, pool in enumerate(config.pools):
        x = functional.conv2d(x, w[f"convolutions.{number}.0.weight"], padding=1)
        x = torch.relu(batch_norm(x, w, f"convolutions.{number}.1", training))
        bands = [x[:, :, pool * band : pool * band + pool].amax(2) for band in range(x.shape[2] // pool)]
        x = torch.stack(bands, dim=2)
    found = []
    for number, of_item in enumerate(x):
        rows = torch.stack([of_item[:, :, t].reshape(-1) for t in range(of_item.shape[-1])])
        logits = gru(w, rows, config.layers) @ w["last.weight"][0] + w["last.bias"][0]
        for t, logit in enumerate(logits):
            power = {}
            for source in ("vocals", "accompaniment"):
                padded = functional.pad(batch[source][number], (config.n_fft // 2, config.n_fft))
                frame = padded[t * config.hop : t * config.hop + config.n_fft] * window
                power[source] = (frame**2).sum() / (window**2).sum()
            loudest = max(power.values())
            share = power[config.source] / sum(power.values()) if loudest >= 10 ** (config.silence_db / 10) else 0.0
            found.append((torch.sigmoid(logit), torch.as_tensor(share)))
    return found


def cross_entropy(frames):
    return sum(-(y * torch.log(p) + (1 - y) * torch.log(1 - p)) for p, y in frames) / len(frames)


def error(frames):
    return sum(abs(p - y) for p, y in frames) / len(frames)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_training(options):
    system, config = made(**options)

    def reference(weights, batch):
        frames = frames_of(weights["detector"], batch, config, training=True)
        yield Plain("detector", cross_entropy(frames), ("detector",), {"error": error(frames)})

    compare(system, reference, [batch_of(1), batch_of(2)], tolerance=1e-7)


def test_validation_and_silence():
    system, config = made()
    system.eval()
    batch = batch_of(3, count=3)
    found = system.validate(batch)
    frames = frames_of(weights_of(system)["detector"], batch, config, training=False)
    assert sum(float(share) == 0 for _, share in frames) >= 3  # both are silent there
    same("loss", found["detector_loss"].value, cross_entropy(frames), 1e-9)
    same("error", found["error"].value, error(frames), 1e-9)
    assert found["error"].count == 33
