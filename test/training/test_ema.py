"""The average of the weights, against its closed form."""

import numpy as np
import pytest
import torch
from toys import make_config, make_trainer

from audiolab.training.ema import WeightAverage


@pytest.mark.parametrize("decay", [0.5, 0.9, 0.999])
def test_it_is_the_weighted_mean_of_the_steps_that_a_parameter_was_part_of(tmp_path, decay):
    """Weights β^(t-i) over their sum, of those steps alone; what was there before the first step has no part."""
    system = make_trainer(make_config("gan"), tmp_path / "run").system
    average = WeightAverage(system, decay)
    name, other = "there.0.weight", "there.0.bias"
    parameters = dict(system.named_parameters())
    generator, seen = torch.Generator().manual_seed(0), {name: [], other: []}
    for step in range(12):
        stepped = {name, other} if step % 3 else {other}
        for each in stepped:
            parameters[each].data = torch.randn(parameters[each].shape, generator=generator)
            seen[each].append(parameters[each].detach().clone())
        average.update({parameters[each] for each in stepped})
    assert [len(values) for values in seen.values()] == [8, 12]
    for each, values in seen.items():
        weights = decay ** np.arange(len(values))[::-1]
        expected = sum(w * value for w, value in zip(weights, values)) / weights.sum()
        torch.testing.assert_close(average.weights[each], expected, atol=1e-6, rtol=1e-5)
    live = parameters[name].detach().clone()
    with average.in_place():
        assert torch.equal(parameters[name], average.weights[name])
    assert torch.equal(parameters[name], live)
