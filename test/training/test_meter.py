"""What is logged: means over values and processes, also across a checkpoint."""

import torch

from audiolab.training.distributed import Processes
from audiolab.training.meter import Meter


def test_means_go_on_from_a_checkpoint():
    meter, again = Meter(), Meter()
    for value in (1.0, 2.0):
        meter.add("loss", torch.tensor(value))
    again.load([meter.state()], Processes())
    again.add("loss", torch.tensor(6.0))
    assert again.means(Processes()) == {"loss": 3.0}
    assert again.means(Processes()) == {}


def test_values_of_a_checkpoint_go_to_where_new_ones_will_be():
    """They are stacked with those that come from a GPU, so they must lie there too."""
    meter = Meter()
    meter.load([{"loss": torch.ones(2, dtype=torch.float64)}], Processes(device=torch.device("meta")))
    assert {value.device.type for value in meter._values["loss"]} == {"meta"}
