"""The recogniser's training and validation against Graves et al. (2006), written out: every path is added up."""

import itertools

import pytest
import torch
from plain_lstm import lstm
from wiring import Plain, compare, same, weights_of

from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import Whole
from audiolab.text.units import to_plain, train_units

pytestmark = pytest.mark.usefixtures("double")

UNITS = train_units(["ab"], 4, "char")  # the unknown, a, b, the beginning of a word
SMALL = {"bands": 3, "units": 4, "filters": 3, "kernel": 3, "hidden": 2, "layers": 1, "dropout": 0.0}
OPTIONS = {
    "as it is": {},
    "no stride": {"strides": [1]},
    "a stride of 3": {"strides": [1, 3]},
    "two recurrent layers": {"layers": 2},
    "a wide kernel": {"kernel": 5},
}
LENGTHS = {"as it is": [9, 6], "no stride": [5, 4], "a stride of 3": [13, 10]}


def made(**options):
    cls = systems.get("ctc")
    torch.manual_seed(0)
    system = cls(from_dict(cls.Config, SMALL | options)).double().train()
    system.recogniser.mean.copy_(torch.tensor([0.1, 0.2, 0.3]))
    system.recogniser.std.copy_(torch.tensor([0.5, 1.5, 2.0]))
    system.facts.values = {"units": to_plain(UNITS)}
    return system


def batch_of(seed, lengths):
    generator = torch.Generator().manual_seed(seed)
    feats = torch.rand(2, max(lengths), 3, generator=generator)
    for row, length in zip(feats, lengths):
        row[length:] = 0
    return {
        "feats": feats, "lengths": torch.tensor(lengths), "targets": torch.tensor([[1, 2, 2], [3, 0, 0]]),
        "target_lengths": torch.tensor([3, 1]), "utts": ["a", "b"], "whole": Whole(2),
    }  # fmt: skip


def convolve(w, x, number, stride, kernel):
    """Cross-correlation over time, zeros beyond the ends, [T, D] -> [T', filters]."""
    kernels, bias, reach = w[f"convolutions.{number}.weight"], w[f"convolutions.{number}.bias"], kernel // 2
    zero = torch.zeros(x.shape[1])
    found = []
    for centre in range(0, len(x), stride):
        frames = [x[t] if 0 <= t < len(x) else zero for t in range(centre - reach, centre + reach + 1)]
        found.append(bias + sum(kernels[:, :, place] @ frame for place, frame in enumerate(frames)))
    return torch.stack(found)


def both_ways(w, x, layers):
    """A layer is an LSTM from the first frame on beside one from the last frame on."""
    for layer in range(layers):
        onward = lstm(w, f"recurrent.onward.{layer}", x, 1)
        back = lstm(w, f"recurrent.back.{layer}", x.flip(0), 1).flip(0)
        x = torch.cat([onward, back], dim=1)
    return x


def log_probs_of(w, mel, config):
    x = (mel - w["mean"]) / w["std"]
    for number, stride in enumerate(config.strides):
        x = torch.relu(convolve(w, x, number, stride, config.kernel))
    scores = both_ways(w, x, config.layers) @ w["output.weight"].T + w["output.bias"]
    return scores - torch.log(torch.exp(scores).sum(dim=1, keepdim=True))


def negative_log_likelihood(log_probs, target):
    """Sum over all paths that become the target when repetitions are joined and blanks (class 0) removed."""
    total = 0
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        if [each - 1 for each, _ in itertools.groupby(path) if each] == target:
            total = total + torch.exp(sum(log_probs[t, each] for t, each in enumerate(path)))
    return -torch.log(total)


def losses_of(w, batch, config):
    rows = zip(batch["feats"], batch["lengths"], batch["targets"], batch["target_lengths"])
    return [
        negative_log_likelihood(log_probs_of(w, mel[:length], config), target[:units].tolist()) / units
        for mel, length, target, units in rows
    ]


@pytest.mark.parametrize("name", OPTIONS)
def test_losses_and_gradients(name):
    system = made(**OPTIONS[name])
    cls = systems.get("ctc")
    config = from_dict(cls.Config, SMALL | OPTIONS[name])
    lengths = LENGTHS.get(name, [9, 6])

    def reference(weights, batch):
        losses = losses_of(weights["recogniser"], batch, config)
        yield Plain("recogniser", (losses[0] + losses[1]) / 2, ("recogniser",))

    weights = compare(system, reference, [batch_of(seed, lengths) for seed in range(2)])
    batch = batch_of(7, lengths)
    found = system.eval().validate(batch)
    expected = losses_of(weights["recogniser"], batch, config)
    same("validation", found["recogniser_loss"].value, (expected[0] + expected[1]) / 2, 1e-9)


def test_errors_of_characters():
    """The word "ab" is written; the texts are "aa" and "b": one of three characters of each is wrong, or too many."""
    system = made(strides=[1]).eval()
    weights = weights_of(system)["recogniser"]
    assert weights["output.bias"].shape == (5,)
    with torch.no_grad():
        system.recogniser.output.weight.zero_()
    log_probs = torch.nn.functional.one_hot(torch.tensor([[2, 3, 0, 0], [2, 3, 0, 0]]), 5).double().mul(50)
    system.recogniser.forward = lambda mel, lengths: log_probs.log_softmax(-1)
    batch = batch_of(0, [4, 4]) | {"targets": torch.tensor([[3, 1, 1], [2, 0, 0]])}
    assert [UNITS.decode([3, 1, 1]), UNITS.decode([2])] == ["aa", "b"]
    found = system.validate(batch)["cer"]
    assert (found.total, found.count) == (200.0, 3)
