"""Weight norm is taken off without a change of what a network gives."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from audiolab.nn.weight_norm import weight_norm, without_weight_norm


def test_what_a_network_gives_stays_the_same():
    torch.manual_seed(0)
    network = nn.Sequential(
        weight_norm(nn.Conv1d(2, 5, 3)), nn.Tanh(), nn.ModuleList([weight_norm(nn.ConvTranspose1d(5, 2, 4))])[0],
        nn.Conv1d(2, 1, 1),
    )  # fmt: skip
    for parameter in network.parameters():
        nn.init.normal_(parameter)
    x = torch.randn(2, 2, 9)
    before = network(x)
    assert without_weight_norm(network) is network
    torch.testing.assert_close(network(x), before)
    plain = nn.Sequential(nn.Conv1d(2, 5, 3), nn.Tanh(), nn.ConvTranspose1d(5, 2, 4), nn.Conv1d(2, 1, 1))
    plain.load_state_dict(network.state_dict())  # names and shapes are those of plain layers
    torch.testing.assert_close(plain(x), before)


def test_other_parametrisations_are_taken_off_too():
    network = spectral_norm(nn.Linear(3, 3)).eval()
    x = torch.randn(2, 3)
    before = network(x)
    torch.testing.assert_close(without_weight_norm(network)(x), before)
    assert set(network.state_dict()) == {"weight", "bias"}
