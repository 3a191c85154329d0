"""PyTorch's switches inside and after the block."""

import pytest
import torch

from audiolab.training.determinism import reproducible


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
