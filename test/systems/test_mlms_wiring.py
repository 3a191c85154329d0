"""The acoustic model's training and validation against Li and Zen (2016), written out: a frame, a tower at a time."""

import pytest
import torch
from wiring import Plain, compare, same, weights_of

from audiolab import systems
from audiolab.config import from_dict
from audiolab.dataset import Whole

pytestmark = pytest.mark.usefixtures("double")

SMALL = {
    "columns": 3, "added": 0, "outputs": 4, "languages": ["it", "pl"], "speakers": ["A", "B", "C"],
    "bases": 3, "hidden": 4, "layers": 2, "cells": 3, "projection": 2, "chunk": 3,
}  # fmt: skip
OPTIONS = {
    "as it is": {},
    "one basis": {"bases": 1},
    "1-hot codes": {"codes": "onehot"},
    "1-hot codes that stay": {"codes": "onehot", "learns": ["mean", "bases", "heads"]},
    "a baseline": {"bases": 0},
    "three layers": {"layers": 3},
    "whole utterances": {"chunk": 100},
    "new columns": {"added": 2, "init": "another"},
    "v1": {"added": 1, "init": "another", "learns": ["codes", "heads"]},
    "v2": {"added": 1, "init": "another", "learns": ["codes", "mean", "added", "heads"]},
    "v2 without new columns": {"init": "another", "learns": ["codes", "mean", "heads"]},
    "v3": {"added": 1, "init": "another", "learns": ["mean", "added", "heads"]},
    "bases alone": {"learns": ["bases"]},
}
ITEMS = [(2, "it", "A"), (4, "pl", "B"), (7, "it", "A"), (5, "it", "C")]
"""Frames, language and speaker of each utterance."""


def made(**options):
    cls = systems.get("mlms")
    torch.manual_seed(0)
    system = cls(from_dict(cls.Config, SMALL | options)).double().train()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, value in system.named_parameters():
            if name.endswith(("recurrent", "added")):  # which begin at 0
                value.copy_(0.3 * torch.randn(value.shape, generator=generator))
    model = system.acoustic
    for module in (model.inputs, model.outputs):
        module.mean.copy_(torch.randn(module.mean.shape, generator=generator))
        module.std.copy_(0.5 + torch.rand(module.std.shape, generator=generator))
    model.inputs.present[1, 0] = False
    system.facts.values = {"streams": {"mcep": 1, "lf0": 1, "vuv": 1, "bap": 1}}
    return system


def batch_of(seed, items=ITEMS, parts=1):
    """Return a batch; of several parts it is one, and the others have utterances as long together."""
    generator = torch.Generator().manual_seed(seed)
    lengths, languages, speakers = zip(*items)
    x, y = (torch.randn(len(items), max(lengths), width, generator=generator) for width in (7, 4))
    facts = {"longest": float(max(lengths)), "total": float(parts * sum(lengths))}
    for frames, language, speaker in items:
        for name in (f"language {language}", f"speaker {speaker}"):
            facts[name] = max(frames, facts.get(name, 0))
    return {
        "x": x, "y": y, "lengths": torch.tensor(lengths), "languages": list(languages), "speakers": list(speakers),
        "utts": [str(number) for number in range(len(items))], "whole": Whole(parts * len(items), parts, facts=facts),
    }  # fmt: skip


def layer(w, name, tower, x, state):
    """An LSTM layer with projection at one frame: what it gives, and (that, its cells)."""
    of = {each: w[f"{name}.{each}"][tower] for each in ("weight_in", "weight_state", "bias", "weight_projection")}
    fed_back, cell = state
    enter, forget, new, leave = (of["weight_in"] @ x + of["weight_state"] @ fed_back + of["bias"]).chunk(4)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(new)
    fed_back = of["weight_projection"] @ (torch.sigmoid(leave) * torch.tanh(cell))
    return fed_back, (fed_back, cell)


def tower(w, stack, number, x, states, layers):
    """What a tower gives at one frame; its states are changed."""
    weight, added = w[f"towers.{stack}.weight"][number], w.get(f"towers.{stack}.added")
    if added is not None:
        weight = torch.cat([weight[:, :-4], added[number], weight[:, -4:]], dim=1)
    y = torch.clamp(weight @ x + w[f"towers.{stack}.bias"][number], min=0)
    for at in range(layers):
        y, states[at] = layer(w, f"towers.{stack}.layers.{at}", number, y, states[at])
    return y


class Utterance:
    """An utterance that is run through the model frame by frame, by equations 1 and 2."""

    def __init__(self, config, batch, item):
        self.config, self.item, self.batch = config, item, batch
        self.language = config.languages.index(batch["languages"][item])
        self.speaker = config.speakers.index(batch["speakers"][item])
        self.length = int(batch["lengths"][item])
        zeros = torch.zeros(config.projection), torch.zeros(config.cells)
        self.states = [[zeros] * config.layers for _ in range(1 + config.bases)]
        self.before = torch.zeros(config.outputs)

    def forget_the_graph(self):
        self.states = [[(h.detach(), c.detach()) for h, c in each] for each in self.states]
        self.before = self.before.detach()

    def frame(self, w, t):
        x = (self.batch["x"][self.item, t] - w["inputs.mean"]) / w["inputs.std"]
        x = x * w["inputs.present"][self.language]
        hidden = tower(w, "mean", 0, x, self.states[0], self.config.layers)
        for basis in range(self.config.bases):
            weight = w[f"codes.{self.language}"][basis]
            hidden = hidden + weight * tower(w, "bases", basis, x, self.states[1 + basis], self.config.layers)
        head = {name: w[f"heads.{self.speaker}.{name}"] for name in ("weight", "recurrent", "bias")}
        self.before = head["weight"] @ hidden + head["recurrent"] @ self.before + head["bias"]
        return self.before

    def error(self, w, t):
        wanted = (self.batch["y"][self.item, t] - w["outputs.mean"]) / w["outputs.std"]
        return ((self.frame(w, t) - wanted) ** 2).sum()


def reference(config, longest, total):
    """Return the updates of batches whose chunks are as even as can be."""
    count = -(-longest // config.chunk)
    size = -(-longest // count)

    def updates(weights, batch):
        utterances = [Utterance(config, batch, item) for item in range(len(batch["utts"]))]
        for begin in range(0, longest, size):
            w, loss = weights["acoustic"], torch.zeros(())
            for each in utterances:
                each.forget_the_graph()
                for t in range(begin, min(begin + size, each.length)):
                    loss = loss + each.error(w, t)
            yield Plain("acoustic", loss / (total * config.outputs / count), ("acoustic",))

    return updates


@pytest.mark.parametrize("name", OPTIONS)
def test_losses_and_gradients(name):
    system = made(**OPTIONS[name])
    before = weights_of(system)["acoustic"]
    batches = [batch_of(seed) for seed in range(2)]
    weights = compare(system, reference(system.config, 7, 18), batches)["acoustic"]
    learns = {"towers.mean": "mean", "towers.bases": "bases", "codes": "codes", "heads": "heads"}
    for key, value in weights.items():
        part = next((part for prefix, part in learns.items() if key.startswith(prefix)), None)
        part = "added" if key.endswith(".added") else part
        # speaker A's and Polish layers, codes and towers have all moved, and nothing else
        assert torch.equal(value, before[key]) == (part not in system.config.learns), key


def test_two_parts_of_a_batch():
    """One of two processes: its loss is twice its share of the sum, for the mean of both is taken."""
    system = made()
    updates = reference(system.config, 7, 18)  # of 36 frames in the whole batch
    compare(system, updates, [batch_of(0, parts=2)])


@pytest.mark.parametrize("name", ["as it is", "a baseline", "new columns"])
def test_validation(name):
    system = made(**OPTIONS[name])
    batch = batch_of(5)
    found = system.eval().validate(batch)
    w, errors = weights_of(system)["acoustic"], {}
    for item, (frames, language, speaker) in enumerate(ITEMS):
        utterance = Utterance(system.config, batch, item)
        error = sum(utterance.error(w, t) for t in range(frames))
        for key in ("acoustic_loss", f"mse_{language}", f"mse_{language}_{speaker}"):
            errors.setdefault(key, []).append((error, frames * 4))
    for key, pairs in errors.items():
        same(key, found[key].value, sum(e for e, _ in pairs) / sum(n for _, n in pairs), 1e-9)
    assert {key for key in found if key.startswith(("mse", "acoustic"))} == errors.keys()
    radius = max(abs(torch.linalg.eigvals(head.recurrent.detach())).max() for head in system.acoustic.heads)
    same("radius", found["spectral_radius"].value, radius, 1e-9)
