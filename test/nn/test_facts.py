"""Plain values travel with the weights."""

import pytest
import torch

from audiolab.errors import AudiolabError
from audiolab.nn.facts import Facts
from audiolab.training.export import load_model, save_model


def kept(values, tmp_path):
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), Facts())
    network[1].values = values
    save_model(tmp_path / "model.pt", "toy", 1, {f"net.{key}": v for key, v in network.state_dict().items()}, ("net",))
    other = torch.nn.Sequential(torch.nn.Linear(2, 2), Facts())
    other.load_state_dict(load_model(tmp_path / "model.pt", "train again")["state"]["net"])
    return other[1].values


def test_values_come_back_from_a_model(tmp_path):
    values = {"speakers": ["A", "Ö"], "order": 40, "analysis": {"rate": 16000, "floor": None}}
    assert kept(values, tmp_path) == values
    assert kept({}, tmp_path) == {}


def test_what_is_not_plain_is_refused(tmp_path):
    with pytest.raises(AudiolabError, match="code"):
        kept({"speaker": AudiolabError("x")}, tmp_path)
