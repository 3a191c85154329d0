"""Schedules against closed forms and PyTorch's own."""

import math

import pytest
import torch
from torch.optim import lr_scheduler

from audiolab.training.config import OptimConfig
from audiolab.training.schedules import rate, resolve


def rates(steps, **keys):
    config = resolve(OptimConfig(lr=0.1, **keys), steps, 7)
    return [rate(config, step) for step in range(steps)]


def of_torch(steps, make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize(
    ("keys", "make"),
    [
        ({"schedule": "constant"}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
        ({"schedule": "linear_decay"}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.0, 50)),
        ({"schedule": "linear_decay", "floor": 0.2}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, 50)),
        ({"schedule": "cosine"}, lambda o: lr_scheduler.CosineAnnealingLR(o, 50)),
        ({"schedule": "cosine", "floor": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, 50, eta_min=0.01)),
        ({"schedule": "step", "every": 7, "gamma": 0.5}, lambda o: lr_scheduler.StepLR(o, 7, 0.5)),
        ({"schedule": "step", "every": None, "gamma": 0.5}, lambda o: lr_scheduler.StepLR(o, 7, 0.5)),
        ({"schedule": "exponential", "every": 1, "gamma": 0.9}, lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
        ({"schedule": "exponential", "every": 2, "gamma": 0.81}, lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
    ],
)
def test_as_pytorch_has_it(keys, make):
    assert rates(50, **keys) == pytest.approx(of_torch(50, make), abs=1e-9)


def test_warm_up_and_hold_come_first():
    found = rates(30, schedule="linear_decay", warmup=4, hold=6)
    assert found[:4] == pytest.approx([0.025, 0.05, 0.075, 0.1])
    assert found[4:11] == pytest.approx([0.1] * 7)
    assert found[11:] == pytest.approx([0.1 * (1 - s / 20) for s in range(1, 20)])


def test_noam_as_in_the_paper_up_to_its_factor():
    warmup, width = 10, 16
    scale = 0.1 / (width**-0.5 * warmup**-0.5)
    paper = [scale * width**-0.5 * min(s**-0.5, s * warmup**-1.5) for s in range(1, 41)]
    found = rates(40, schedule="noam", warmup=warmup)
    assert found == pytest.approx(paper)
    assert max(found) == pytest.approx(0.1)


def test_rates_stay_where_a_schedule_has_ended():
    config = OptimConfig(lr=0.1, schedule="cosine", end=10, floor=0.5)
    assert [rate(config, s) for s in (10, 11, 10**6)] == pytest.approx([0.05] * 3)


@pytest.mark.parametrize(
    "keys",
    [{"lr": 0}, {"schedule": "noam"}, {"betas": [0.9]}, {"betas": [0.9, 1.0]}, {"end": 5, "warmup": 5}, {"floor": 2}],
)
def test_nonsense_is_refused(keys):
    with pytest.raises(ValueError, match=next(iter(keys)) if "schedule" not in keys else "warmup"):
        OptimConfig(**keys)


def test_training_shorter_than_its_warm_up_is_refused():
    with pytest.raises(ValueError, match="warmup and hold alone take 30 steps"):
        resolve(OptimConfig(schedule="cosine", warmup=30), 20, 7)
    assert math.isclose(rate(resolve(OptimConfig(schedule="cosine", warmup=3), 20, 7), 20), 0.0, abs_tol=1e-12)
