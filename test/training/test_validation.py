"""Validation in batches of a size of its own."""

import pytest
import torch
from toys import make_config, make_trainer, train, weights

from audiolab.training.determinism import same
from audiolab.training.distributed import Processes
from audiolab.training.system import Mean
from audiolab.training.validation import validate


@pytest.mark.parametrize(("asked", "sizes"), [({}, [2, 2, 1]), ({"valid_batch_size": 4}, [4, 1])])
def test_validation_has_its_own_batch_size(tmp_path, monkeypatch, asked, sizes):
    trainer = make_trainer(make_config("regression", max_steps=1, accumulate=2, **asked), tmp_path / "run")
    seen, validate = [], trainer.system.validate
    monkeypatch.setattr(trainer.system, "validate", lambda batch: seen.append(len(batch["utts"])) or validate(batch))
    trainer.fit()
    assert seen == [sizes[0], *sizes]  # the preflight's, and the whole set


def test_it_changes_neither_weights_nor_means(tmp_path):
    runs = {size: train(make_config("gan", valid_batch_size=size), tmp_path / str(size)) for size in (None, 1, 5)}
    scores = {}
    for size, run in runs.items():
        assert same(weights(tmp_path / str(size))["system"], weights(tmp_path / "None")["system"])
        scores[size] = run.validation.scores(run.system, run.ema)
    assert scores[1] == pytest.approx(scores[None], rel=1e-6)
    assert scores[5] == pytest.approx(scores[None], rel=1e-6)


class Drawing(torch.nn.Module):
    """Its score is a random number, by the name of the batch's item."""

    def validate(self, batch):
        return {batch["utts"][0]: Mean(float(torch.rand(())), 1)}


def test_draws_follow_from_seed_and_number_of_a_batch():
    batches = [(number, {"utts": [f"utt{number}"]}) for number in range(5)]
    drawn = validate(Drawing(), batches, 3, Processes())
    assert len(set(drawn.values())) == 5
    assert validate(Drawing(), batches[:1:-1], 3, Processes()) == dict(list(drawn.items())[2:])
    assert not set(validate(Drawing(), batches, 4, Processes()).values()) & set(drawn.values())


@pytest.mark.parametrize("training", [True, False])
def test_a_system_is_left_in_its_mode(training):
    system = Drawing().train(training)
    validate(system, [(0, {"utts": ["a"]})], 0, Processes())
    assert system.training == training
