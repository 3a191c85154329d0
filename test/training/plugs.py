"""Toy systems that ask more of the trainer: chunks with carried state, heads by group, and what a batch shares."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from toys import TOYS, Toy

from audiolab.config import option
from audiolab.dataset import SystemDataset
from audiolab.nn.across import gather
from audiolab.training.system import Mean, Update

CHUNK = 3


@dataclass
class SpokenData:
    items: int = option(36, "items")
    longest: int = option(14, "frames")
    speakers: int = option(3, "speakers, of whom the last two share a language")


class SpokenSet(SystemDataset):
    """Sequences of 1 to ``longest`` frames (T, 2), each of a speaker, in no order."""

    def __init__(self, config, offset):
        self.config, self.offset = config, offset

    def __len__(self):
        return self.config.items

    def fingerprint(self):
        return f"{len(self)} items"

    def __getitem__(self, key):
        frames = np.arange(self.sizes()[key.index])
        x = np.stack([np.sin(frames * (1 + key.index)), np.cos(frames + key.index + self.offset)], axis=1)
        return {"utt": f"utt{key.index}", "x": x.astype(np.float32), "speaker": self.groups()[key.index]}

    def collate(self, samples):
        longest = max(len(sample["x"]) for sample in samples)
        x = np.stack([np.pad(sample["x"], ((0, longest - len(sample["x"])), (0, 0))) for sample in samples])
        lengths = torch.tensor([len(sample["x"]) for sample in samples])
        speakers = torch.tensor([sample["speaker"] for sample in samples])
        return {"utts": [s["utt"] for s in samples], "x": torch.from_numpy(x), "lengths": lengths, "speaker": speakers}

    def sizes(self):
        return 1 + (np.arange(len(self)) * 5 + self.offset) % self.config.longest

    def groups(self):
        return np.arange(len(self)) * 7 % 11 % self.config.speakers


class SpokenToy(Toy):
    """Predicts the next frame by truncated BPTT: one update a chunk, on a state that chunks hand on.

    A tower is shared; a code belongs to a language, a head to a speaker. The loss is a mean over the frames that are no
    padding, of the whole batch.
    """

    @dataclass
    class Config:
        by_group: bool = option(True, "steps the tower, the language's code and the speaker's head alone")
        in_step: bool = option(True, "as many updates as the whole batch needs, not as its own part does")

    DataConfig = SpokenData
    optimizes = {"model": ("tower", "codes", "heads")}  # noqa: RUF012
    exports = ("tower", "codes", "heads")

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.tower = nn.GRUCell(2 + 2, 4)
        self.codes = nn.ParameterList([nn.Parameter(torch.full((2,), 0.1 * n)) for n in range(2)])
        self.heads = nn.ModuleList([nn.Linear(4, 2) for _ in range(3)])

    @classmethod
    def datasets(cls, config):
        return SpokenSet(config, 0), SpokenSet(SpokenData(9), 5)

    def updates(self, batch):
        (speaker,) = batch["speaker"].unique().tolist()
        parts = ("tower", f"codes.{min(speaker, 1)}", f"heads.{speaker}")
        state, whole = torch.zeros(len(batch["x"]), 4), batch["whole"]
        longest = whole.facts["longest"] if self.config.in_step else batch["lengths"].max()
        for start in range(0, int(longest), CHUNK):
            total, state = self._chunk(batch, start, state.detach(), speaker)
            loss = total / whole.share(whole.facts["total"])
            loss = loss + 0 * sum(p.sum() for p in self.parameters())  # all take part, also where no frames are left
            yield Update("model", loss, {}, parts if self.config.by_group else None)

    def _chunk(self, batch, start, state, speaker):
        """Return the error summed over a chunk's frames, and the state after it."""
        x, total = batch["x"], torch.zeros(())
        code = self.codes[min(speaker, 1)].expand(len(x), 2)
        for frame in range(start, min(start + CHUNK, x.shape[1])):
            error = (self.heads[speaker](state) - x[:, frame]).square().sum(1)
            total = total + error[frame < batch["lengths"]].sum()
            state = self.tower(torch.cat([x[:, frame], code], 1), state)
        return total, state

    def validate(self, batch):
        (speaker,) = batch["speaker"].unique().tolist()
        total, _ = self._chunk(batch, 0, torch.zeros(len(batch["x"]), 4), speaker)
        return {"error": Mean(float(total), len(batch["x"]))}


class CropSet(SpokenSet):
    """Crops whose length is drawn once for the whole batch."""

    def __getitem__(self, key):
        frames = int(key.whole.generator().integers(2, 9))
        return super().__getitem__(key) | {"x": key.generator().standard_normal((frames, 2)).astype(np.float32)}

    def groups(self):
        return np.zeros(len(self), np.int64)


class ContrastToy(Toy):
    """Embeds crops; the loss holds each embedding against those of all processes."""

    @dataclass
    class Config:
        everywhere: bool = option(True, "each process takes the loss of all items, not only of its own")

    DataConfig = SpokenData
    optimizes = {"model": ("network",)}  # noqa: RUF012
    exports = ("network",)

    def __init__(self, config):
        super().__init__()
        self.config, self.network = config, nn.Linear(2, 3)

    @classmethod
    def datasets(cls, config):
        return CropSet(config, 0), CropSet(SpokenData(9), 5)

    def updates(self, batch):
        mine = self.network(batch["x"]).tanh().sum(1)
        everyone = gather(mine)
        rows = everyone if self.config.everywhere else mine
        scores = (rows[:, None] - everyone[None]).square().sum(-1)
        yield Update("model", scores.logsumexp(1).mean(), {"frames": torch.tensor(float(batch["x"].shape[1]))})

    def validate(self, batch):
        return {"norm": Mean(float(self.network(batch["x"]).square().sum()), len(batch["x"]))}


TOYS |= {"spoken": SpokenToy, "contrast": ContrastToy}
