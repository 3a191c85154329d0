"""PyTorch's switches inside and after the block, and the comparison of what was made."""

import copy

import pytest
import torch

from audiolab.training.determinism import reproducible, same


def switches():
    backend = torch.backends.cudnn
    return torch.are_deterministic_algorithms_enabled(), backend.benchmark, backend.allow_tf32, torch.get_num_threads()


@pytest.mark.parametrize("deterministic", [True, False])
def test_switches_are_set_and_put_back(deterministic):
    before = switches()
    with reproducible(deterministic, 1):
        assert switches() == (deterministic, not deterministic, False, 1)
    assert switches() == before


def test_switches_are_put_back_after_an_error():
    before = switches()

    def fail():
        with reproducible(True, 1):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert switches() == before


def test_contents_are_the_same_only_when_all_of_them_is():
    content = {"step": 3, "state": [torch.ones(2), {"name": "x", "best": [(0.5, 2)]}], "ema": None}
    assert same(content, copy.deepcopy(content))
    for other in (
        content | {"step": 4},
        content | {"more": 1},
        content | {"ema": torch.zeros(1)},
        content | {"state": [torch.ones(2), {"name": "x", "best": []}]},
        content | {"state": [torch.ones(2) + 1e-7, content["state"][1]]},
        content | {"state": [torch.ones(2, dtype=torch.float64), content["state"][1]]},
        content | {"state": [[1.0, 1.0], content["state"][1]]},
    ):
        assert not same(content, other)
        assert not same(other, content)
