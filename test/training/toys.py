"""Two small systems for tests of the trainer, and ways to train them, here or in processes of their own."""

import copy
import multiprocessing
import os
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from audiolab import systems
from audiolab.cli import run
from audiolab.config import from_dict, option, to_dict
from audiolab.dataset import SystemDataset
from audiolab.training.config import run_config_class
from audiolab.training.distributed import join, leave
from audiolab.training.export import take_exports
from audiolab.training.signals import EXIT_STATUS, StoppedError
from audiolab.training.system import Mean, System, Update
from audiolab.training.trainer import Trainer


@dataclass
class ToyData:
    items: int = option(13, "items")
    bad_item: int = option(-1, "item that is NaN")
    seconds: float = option(0.0, "time that loading an item takes", "s")


class ToySet(SystemDataset):
    """Vectors (4,), each with noise that its key draws."""

    def __init__(self, config: ToyData, offset: int) -> None:
        self.config, self.offset = config, offset

    def __len__(self):
        return self.config.items

    def fingerprint(self):
        return f"{len(self)} items"

    def __getitem__(self, key):
        time.sleep(self.config.seconds)
        x = np.sin(np.arange(4) * (1 + key.index + self.offset)) + 0.1 * key.generator().standard_normal(4)
        if key.index == self.config.bad_item:
            x[2] = np.nan
        return {"utt": f"utt{key.index}", "x": x.astype(np.float32)}

    def collate(self, samples):
        x = torch.from_numpy(np.stack([sample["x"] for sample in samples]))
        return {"utts": [sample["utt"] for sample in samples], "x": x}

    def sizes(self):
        return np.arange(len(self))


class Toy(System):
    DataConfig = ToyData

    @classmethod
    def datasets(cls, config):
        return ToySet(config, 0), ToySet(ToyData(5), 100)

    @classmethod
    def predictor(cls, config, state, device):
        system = cls(config)
        take_exports(system, state)
        return system.to(device).eval()


@dataclass
class GanConfig:
    first: str = option("generator", "which is updated first")
    width: int = option(8, "hidden units")
    frozen: bool = option(False, "the way back is not learned")


class GanToy(Toy):
    """Two generators in a cycle and a discriminator that scores twice; the generators' graph may wait for it."""

    Config = GanConfig
    optimizes = {"generator": ("there", "back"), "discriminator": ("judge",)}  # noqa: RUF012
    exports = ("there", "offset")

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.there, self.back = (_mlp(4, config.width, 4) for _ in range(2))
        self.back.requires_grad_(not config.frozen)
        self.judge = _mlp(4, config.width, 1)
        self.register_buffer("offset", torch.zeros(4))

    def setup(self, train_set):
        self.offset.fill_(len(train_set) / 100)

    def updates(self, batch):
        x = batch["x"] + self.offset
        y = self.there(x)
        cycle = (self.back(y) - x).abs().mean()
        if self.config.first == "discriminator":
            yield self._judge(x, y.detach())
        adversarial = (self.judge(y) - 1).square().mean()
        yield Update("generator", adversarial + cycle, {"cycle": cycle})
        if self.config.first == "generator":
            yield self._judge(x, y.detach())

    def _judge(self, x, y):
        real, converted = self.judge(x), self.judge(y)
        return Update("discriminator", (real - 1).square().mean() + converted.square().mean(), {"real": real.mean()})

    def validate(self, batch):
        x = batch["x"] + self.offset
        error = (self.back(self.there(x)) - x).abs()
        return {"cycle": Mean(float(error.sum()), error.numel())}


@dataclass
class RegressionConfig:
    dropout: float = option(0.3, "of the hidden units")
    bad_gradient: bool = option(False, "a finite loss whose gradient is not")
    crash: str = option("", "what to raise in the third step: memory or bug")


class RegressionToy(Toy):
    """Predicts the last value of a vector from the others; with dropout, batch statistics, and plain extra state."""

    Config = RegressionConfig
    optimizes = {"model": ("network",)}  # noqa: RUF012
    exports = ("network",)

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.calls = 0
        self.network = nn.Sequential(
            nn.Linear(3, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(config.dropout), nn.Linear(16, 1)
        )

    def on_epoch_start(self, epoch):
        self.weight = 1 + 0.1 * epoch + 0.01 * float(torch.rand(()))

    def updates(self, batch):
        self.calls += 1
        if self.config.crash and self.calls == 3:
            raise torch.OutOfMemoryError("CUDA out of memory.") if self.config.crash == "memory" else KeyError("bug")
        x = batch["x"]
        error = self.network(x[:, :3])[:, 0] - x[:, 3]
        mean = error.square().mean()
        loss = self.weight * mean
        if self.config.bad_gradient:
            loss = loss + (self.network[0].weight * 0).abs().sum().sqrt()
        yield Update("model", loss, {"error": mean})

    def validate(self, batch):
        error = (self.network(batch["x"][:, :3])[:, 0] - batch["x"][:, 3]).square()
        return {"error": Mean(float(error.sum()), len(error)), "draw": Mean(float(torch.rand(())), 1)}


class StudentToy(RegressionToy):
    """Learns from a teacher too, which becomes the student's equal when an epoch begins."""

    def __init__(self, config):
        super().__init__(config)
        self.teacher = copy.deepcopy(self.network)

    def on_epoch_start(self, epoch):
        super().on_epoch_start(epoch)
        self.teacher.load_state_dict(self.network.state_dict())

    def updates(self, batch):
        x = batch["x"][:, :3]
        for update in super().updates(batch):
            distance = (self.network(x) - self.teacher(x).detach()).square().mean()
            yield Update("model", update.loss + distance, update.stats)


LOADED_BY_TRAINING = ("torch._dynamo", "torch.utils.tensorboard", "matplotlib.figure")
"""Modules that take seconds."""

TOYS = {"gan": GanToy, "regression": RegressionToy, "student": StudentToy}


def make_config(toy, tree=None, **trainer):
    """Return a run's config: few steps, everything often, changed by a mapping and by the trainer's keys."""
    few = {"max_steps": 12, "batch_size": 4, "log_every": 2, "valid_every": 4, "save_every": 4}
    tree = {"system": toy, "trainer": few | trainer} | (tree or {})
    return from_dict(run_config_class(TOYS[toy]), tree, source="test")


def make_trainer(config, expdir, processes=None):
    return Trainer.of(system_of(config.system), config, expdir, processes)


def system_of(name):
    """Return the class of a toy, or of a registered system."""
    return TOYS[name] if name in TOYS else systems.get(name)


def train(config, expdir):
    """Train in this process; return the trainer."""
    trainer = make_trainer(config, expdir)
    trainer.fit()
    return trainer


def weights(expdir):
    """Return the state that a run ended with."""
    return torch.load(Path(expdir) / "checkpoints" / latest(expdir), weights_only=True)


def latest(expdir):
    return (Path(expdir) / "checkpoints" / "latest").read_text().strip()


def start(config, expdir, **environment):
    """Start training in a process of its own, which exits as ``audiolab.bin.train`` does; its output is in ``out``."""
    context = multiprocessing.get_context("forkserver")  # forks from a process that has imported PyTorch once
    context.set_forkserver_preload(["toys", "plugs", *LOADED_BY_TRAINING])
    process = context.Process(target=_child, args=(config.system, to_dict(config), str(expdir), environment))
    process.start()
    return process


def start_two(config, expdir, *others):
    """Start training in two processes over Gloo, as torchrun would; the second with ``others``, (config, expdir)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    runs = (config, expdir), others or (config, expdir)
    return [start(*run, RANK=str(rank), LOCAL_RANK=str(rank), **place) for rank, run in enumerate(runs)]


def _child(name, tree, expdir, environment):
    os.environ.update(environment)
    torch.set_num_threads(1)
    out = os.open(f"{expdir}.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    run(lambda: _main(name, tree, expdir))


def _main(name, tree, expdir):
    try:
        make_trainer(from_dict(run_config_class(system_of(name)), tree), expdir, join(use_gpu=False)).fit()
    except StoppedError as stopped:
        print(stopped, file=sys.stderr)
        sys.exit(EXIT_STATUS)
    finally:
        leave()


def _mlp(before, hidden, after):
    return nn.Sequential(nn.Linear(before, hidden), nn.Tanh(), nn.Linear(hidden, after))
