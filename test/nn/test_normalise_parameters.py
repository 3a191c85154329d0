"""Normalisation by statistics that travel with the weights."""

import numpy as np
import torch

from audiolab.nn.normalise import Normalise


def test_there_and_back():
    normalise = Normalise(3)
    x = torch.tensor([[1.0, 5.0, 3.0], [3.0, 5.0, 7.0]])
    assert torch.equal(normalise(x), x)
    constant = normalise.take(x.double().mean(0).numpy(), x.double().numpy().std(0))
    assert constant.tolist() == [False, True, False]
    assert normalise(x).tolist() == [[-1.0, 0.0, -1.0], [1.0, 0.0, 1.0]]
    assert torch.equal(normalise.back(normalise(x)), x)
    assert normalise(torch.tensor([2.0, 6.0, 5.0])).tolist() == [0.0, 1.0, 0.0]  # what was constant is not blown up


def test_what_varies_by_rounding_alone_is_constant():
    assert Normalise(1).take(np.array([1e3]), np.array([1e-5])).tolist() == [True]
    again = Normalise(1)
    again.load_state_dict({"mean": torch.ones(1), "std": torch.full((1,), 2.0)})
    assert again(torch.tensor([5.0])).tolist() == [2.0]
