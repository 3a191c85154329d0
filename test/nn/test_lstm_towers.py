"""Towers of LSTM layers as one computation, against one ``torch.nn.LSTM`` a tower."""

import pytest
import torch

from audiolab.nn.lstm_towers import TowerLayer, run_layer


def pair(towers, inputs, cells, projection, layers):
    """Return layers of all towers, and a ``torch.nn.LSTM`` a tower with the same weights."""
    torch.manual_seed(0)
    widths = [inputs, *[projection] * (layers - 1)]
    mine = [TowerLayer(towers, width, cells, projection) for width in widths]
    theirs = [torch.nn.LSTM(inputs, cells, layers, proj_size=projection) for _ in range(towers)]
    for number, layer in enumerate(mine):
        for tower, net in enumerate(theirs):
            for name, value in own(layer, tower).items():
                getattr(net, f"{name}_l{number}").data.copy_(value)
            getattr(net, f"bias_hh_l{number}").data.zero_()
    return mine, theirs


def own(layer, tower):
    names = {"weight_ih": "weight_in", "weight_hh": "weight_state", "bias_ih": "bias", "weight_hr": "weight_projection"}
    return {theirs: getattr(layer, mine)[tower].detach() for theirs, mine in names.items()}


def run(layers, x, states=None):
    states = states or [
        (torch.zeros(*x.shape[:1], x.shape[2], each.weight_state.shape[2]), zeros(each, x)) for each in layers
    ]
    after = []
    for layer, state in zip(layers, states):
        x, state = run_layer(x, state, layer.weights())
        after.append(state)
    return x, after


def zeros(layer, x):
    return torch.zeros(x.shape[0], x.shape[2], layer.weight_projection.shape[2])


def test_seven_towers_of_the_papers_sizes_are_seven_lstms():
    """Values and gradients to 1e-5 of the largest."""
    mine, theirs = pair(7, 256, 256, 128, 3)
    x = torch.randn(7, 12, 3, 256).requires_grad_()
    weight = torch.randn(7, 12, 3, 128)
    found, states = run(mine, x)
    expected = [net(each) for net, each in zip(theirs, x)]
    torch.testing.assert_close(found, torch.stack([each for each, _ in expected]), atol=1e-5, rtol=0)
    for number, (h, c) in enumerate(states):
        torch.testing.assert_close(h, torch.stack([state[0][number] for _, state in expected]), atol=1e-5, rtol=0)
        torch.testing.assert_close(c, torch.stack([state[1][number] for _, state in expected]), atol=1e-5, rtol=0)
    (found * weight).sum().backward()
    gradient, x.grad = x.grad, None
    sum((each * part).sum() for (each, _), part in zip(expected, weight)).backward()
    close(gradient, x.grad)
    names = {"weight_ih": "weight_in", "weight_hh": "weight_state", "bias_ih": "bias", "weight_hr": "weight_projection"}
    for number, layer in enumerate(mine):
        for tower, net in enumerate(theirs):
            for name, parameter in names.items():
                close(getattr(layer, parameter).grad[tower], getattr(net, f"{name}_l{number}").grad)


def close(found, expected):
    assert float((found - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


def test_gradients_by_differences():
    """Of everything that a layer takes, in double precision."""
    torch.manual_seed(1)
    layer = TowerLayer(2, 3, 4, 2).double()
    x = torch.randn(2, 3, 2, 3, dtype=torch.float64, requires_grad=True)
    state = torch.randn(2, 2, 2, dtype=torch.float64), torch.randn(2, 2, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x, *weights: run_layer(x, state, weights)[0], (x, *layer.weights()))


def test_the_state_goes_on():
    mine, _ = pair(2, 3, 4, 2, 2)
    x = torch.randn(2, 9, 3, 3)
    whole, end = run(mine, x)
    first, states = run(mine, x[:, :4])
    second, states = run(mine, x[:, 4:], states)
    assert torch.equal(torch.cat([first, second], 1), whole)
    assert all(torch.equal(a, b) for pair_, last in zip(states, end) for a, b in zip(pair_, last))
    assert not any(each.requires_grad for state in states for each in state)


@pytest.mark.parametrize("learns", ["weight_in", "weight_state", "bias", "weight_projection"])
def test_only_what_learns_gets_a_gradient(learns):
    mine, theirs = pair(2, 3, 4, 2, 1)
    for name, parameter in mine[0].named_parameters():
        parameter.requires_grad_(name == learns)
    x = torch.randn(2, 5, 3, 3)
    run(mine, x)[0].square().sum().backward()
    assert [name for name, parameter in mine[0].named_parameters() if parameter.grad is not None] == [learns]
    theirs[0](x[0])[0].square().sum().backward()
    name = {"weight_in": "weight_ih", "weight_state": "weight_hh", "bias": "bias_ih", "weight_projection": "weight_hr"}
    close(getattr(mine[0], learns).grad[0], getattr(theirs[0], f"{name[learns]}_l0").grad)


def test_a_layer_begins_as_torchs_does():
    layer = TowerLayer(2, 5, 16, 3)
    for parameter in layer.parameters():
        assert 0.2 < float(parameter.detach().abs().max()) <= 0.25
    assert [tuple(each.shape) for each in layer.weights()] == [(2, 64, 5), (2, 64, 3), (2, 64), (2, 3, 16)]
