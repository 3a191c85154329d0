"""The duration model against its equations written out, and what `audiolab.load` gives of it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from examples_synthesis import folders
from plain_lstm import lstm
from wiring import Plain, compare, same

import audiolab
from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import Whole
from audiolab.errors import AudiolabError
from audiolab.training.config import run_config_class
from audiolab.training.trainer import Trainer

SMALL = {"columns": 3, "languages": ["it", "pl"], "speakers": ["A", "B", "C"], "hidden": 4, "cells": 3}
ITEMS = [(4, "it", "A"), (2, "pl", "B"), (3, "it", "C")]
"""Phones, language and speaker of each utterance."""


def made(**options):
    cls = systems.get("duration")
    torch.manual_seed(0)
    system = cls(from_dict(cls.Config, SMALL | options)).double()
    network, generator = system.network, torch.Generator().manual_seed(1)
    with torch.no_grad():
        for table in (network.language, network.speaker):  # which begin at 0
            assert not table.weight.any()
            table.weight.copy_(torch.randn(table.weight.shape, generator=generator))
        for module in (network.inputs, network.outputs):
            module.mean.copy_(torch.randn(module.mean.shape, generator=generator))
            module.std.copy_(0.5 + torch.rand(module.std.shape, generator=generator))
    return system


def batch_of(seed, parts=1):
    generator = torch.Generator().manual_seed(seed)
    lengths, languages, speakers = zip(*ITEMS)
    frames = torch.randint(1, 30, (3, 4), generator=generator).double()
    for row, length in zip(frames, lengths):
        row[length:] = 1
    return {
        "x": torch.randn(3, 4, 3, generator=generator), "frames": frames, "lengths": torch.tensor(lengths),
        "languages": languages, "speakers": speakers, "utts": ["a", "b", "c"],
        "whole": Whole(3 * parts, parts, facts={"longest": 4.0, "total": 9.0 * parts}),
    }  # fmt: skip


def logs_of(w, batch, item, config):
    """Normalised logs of an utterance's frames: what is predicted, and what is wanted."""
    phones, language, speaker = ITEMS[item]
    x = (batch["x"][item, :phones] - w["inputs.mean"]) / w["inputs.std"]
    told = w["language.weight"][config.languages.index(language)] + w["speaker.weight"][config.speakers.index(speaker)]
    y = torch.clamp(x @ w["rectified.weight"].T + w["rectified.bias"] + told, min=0)
    y = lstm(w, "recurrent", y, config.layers, ways=2 if config.both_ways else 1)
    wanted = (torch.log(batch["frames"][item, :phones]) - w["outputs.mean"]) / w["outputs.std"]
    return (y @ w["output.weight"].T + w["output.bias"])[:, 0], wanted


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("options", [{}, {"both_ways": True}, {"layers": 2}])
def test_losses_and_gradients(options):
    system = made(**options)
    config = system.config

    def reference(weights, batch):
        pairs = [logs_of(weights["network"], batch, item, config) for item in range(3)]
        squares = sum(((found - wanted) ** 2).sum() for found, wanted in pairs)
        yield Plain("duration", squares / 9, ("network",))

    weights = compare(system, reference, [batch_of(seed) for seed in range(2)])
    weights = compare(system, reference, [batch_of(2, parts=2)], weights)
    batch, w = batch_of(5), weights["network"]
    found = system.eval().validate(batch)
    pairs = [logs_of(w, batch, item, config) for item in range(3)]
    same("loss", found["duration_loss"].value, sum(((a - b) ** 2).sum() for a, b in pairs) / 9, 1e-9)
    off = [
        (torch.exp(logs * w["outputs.std"] + w["outputs.mean"]) - batch["frames"][item, : len(logs)]).abs().sum()
        for item, (logs, _) in enumerate(pairs)
    ]
    same("all", found["frames_off"].value, sum(off) / 9, 1e-9)
    same("Italian", found["frames_off_it"].value, (off[0] + off[2]) / 7, 1e-9)
    same("Polish", found["frames_off_pl"].value, off[1] / 2, 1e-9)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a trained run's trainer."""
    folder, cls = tmp_path_factory.mktemp("run"), systems.get("duration")
    sets = {name: path for name, path in folders(folder).items() if name.endswith("labels")}
    tree = {
        "system": "duration", "data_conf": sets, "system_conf": {"hidden": 8, "cells": 8},
        "trainer": {"max_steps": 10, "batch_size": 4}, "optim": {"duration": {"lr": 0.01}},
    }  # fmt: skip
    trainer = Trainer.of(cls, from_dict(run_config_class(cls), tree), folder / "run")
    trainer.fit()
    return trainer


def test_durations_are_frames(run):
    model = audiolab.load(run.expdir)
    assert (model.languages, model.speakers, model.columns) == (["en-us", "it"], ["A", "B", "C"], 6)
    vectors = 3 * np.random.default_rng(0).standard_normal((300, 6))
    found = model.durations(vectors, "it", "A")
    assert found.dtype == np.int64
    assert found.min() >= 1
    network, batch = run.system.network, torch.from_numpy(vectors).float()[None]
    with torch.no_grad():
        logs = network(batch, torch.tensor([300]), network.told([1], [0])) * network.outputs.std + network.outputs.mean
    np.testing.assert_array_equal(found, np.maximum(np.round(np.exp(logs[0].double().numpy())), 1))
    assert not np.array_equal(found, model.durations(vectors, "en-us", "C"))


def test_it_tells_the_set_that_it_was_trained_with(tmp_path):
    table, sets = "name\tmeaning\nb4\tnumber\n", folders(tmp_path)
    sets = {name: path for name, path in sets.items() if name.endswith("labels")}
    cls = systems.get("duration")
    tree = {"system": "duration", "data_conf": sets, "trainer": {"max_steps": 1, "batch_size": 4}}
    tree["system_conf"] = {"hidden": 2, "cells": 2}
    for (path,) in sets.values():
        Path(path, "linguistic.tsv").write_text(table)
    Trainer.of(cls, from_dict(run_config_class(cls), tree), tmp_path / "run").fit()
    assert audiolab.load(tmp_path / "run").linguistic == table
    Path(sets["valid_labels"][0], "linguistic.tsv").write_text(table.replace("b4", "b5"))
    with pytest.raises(AudiolabError, match=r"vectors of 6 columns, and .* has 6, or others; make both with one table"):
        Trainer.of(cls, from_dict(run_config_class(cls), tree), tmp_path / "other")


def test_who_is_not_named_is_the_mean(run):
    model = audiolab.load(run.expdir)
    told = model._network.told([None], [2])
    expected = model._network.language.weight.mean(0) + model._network.speaker.weight[2]
    assert torch.equal(told[0], expected)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"language": "pl"}, "does not know 'pl'"),
        ({"speaker": "Z"}, "does not know 'Z'"),
        ({"vectors": np.zeros((2, 5))}, r"give \[P, 6\], a phone or more"),
        ({"vectors": np.zeros((0, 6))}, "a phone or more"),
        ({"vectors": np.full((1, 6), np.inf)}, "not finite"),
    ],
)
def test_refuses(run, given, words):
    with pytest.raises(AudiolabError, match=words):
        audiolab.load(run.expdir).durations(**{"vectors": np.zeros((1, 6))} | given)


@pytest.mark.parametrize(("key", "value"), [("hidden", 0), ("layers", 0), ("dropout", 1.0)])
def test_refuses_sizes(key, value):
    cls = systems.get("duration")
    with pytest.raises(AudiolabError, match=f"{key} must be"):
        from_dict(cls.Config, {key: value})
