"""Mixtures of a labelled source domain and an unlabelled target domain, in batches that hold a share of each."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.lists import read_ids
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError

_ROUNDING = 1e-6
"""Larger than what products of shares and sizes are off, so that a whole number of samples is the same in each step."""


@dataclass
class DomainMixturesConfig:
    """Mixture dirs, and which part of a batch is of which domain."""

    source_train: str = option(help="mixture dir whose speech and noise are known")
    source_valid: str = option(help="the same for validation")
    target_train: str | None = option(None, "mixture dir of which only the mixtures are used")
    target_valid: str | None = option(None, "the same for validation; its speech is used for the log only")
    seconds: float = option(2.0, "length of an excerpt", "s")
    source_share: float = option(1.0, "part of a batch that is of the source domain, in the first epoch")
    share_step: float = option(0.0, "by how much that part falls with each epoch")
    least_source: int = option(0, "source samples that a batch has at least")
    leak_target_noise: bool = option(
        False,
        "the target's noise is known in training, which with the mixture gives its speech: a label that unsupervised "
        "adaptation may not have; only to measure, in se_adversarial, what released follow-up code gains by it",
    )
    source_pool: str | None = option(None, "file of ids, one a line: only these source mixtures are used; null: all")

    def __post_init__(self) -> None:
        if self.seconds <= 0 or not 0 <= self.source_share <= 1 or self.share_step < 0 or self.least_source < 0:
            raise ValueError("seconds must be positive, source_share within 0 and 1, the others not negative")
        if (self.target_train is None) != (self.target_valid is None):
            raise ValueError("target_train and target_valid are given both or neither")
        if self.target_train is None and (self.source_share < 1 or self.share_step):
            raise ValueError("source_share is below 1, but target_train is not given")
        if self.target_train is None and self.leak_target_noise:
            raise ValueError("leak_target_noise is true, but target_train is not given")


class DomainMixtures(SystemDataset):
    """Excerpts of mixtures, of one domain or of two.

    A sample has ``noisy``, ``speech`` and ``noise``, float32 [N]; ``source``: whether it is of the source domain;
    ``order``: a random number of its own. In training, speech and noise of a target sample are NaN (its noise not, with
    ``leak_target_noise``), and there is ``place``, the sample's number in the whole batch, which processes share. How
    many samples of that batch are of the source domain is its fact ``source``.

    An epoch goes once over the target mixtures, or over the source's where there is no target. The source samples of a
    batch are spread evenly over it, take the places of as many target samples, and are drawn with replacement. Where
    the share is no whole number of samples, some batches have one more than others, so that it holds over the epoch.

    Args:
        config: Dirs and shares.
        part: ``"valid"``: all mixtures of both domains, each from its beginning.
    """

    def __init__(self, config: DomainMixturesConfig, part: Literal["train", "valid"]) -> None:
        self.config, self.train = config, part == "train"
        names = (config.source_train, config.target_train) if self.train else (config.source_valid, config.target_valid)
        self.source = MixtureDir(names[0])
        self.target = None if names[1] is None else MixtureDir(names[1])
        self.rate = self.source.rate
        self.samples = round(config.seconds * self.rate)
        self.pool = np.arange(len(self.source))
        if self.train and config.source_pool is not None:
            self.pool = _pool(Path(config.source_pool), self.source)
        for mixtures in self._dirs():
            if mixtures.rate != self.rate:
                raise AudiolabError(f"{mixtures.path}: {mixtures.rate} Hz, but {self.source.path} has {self.rate} Hz")
            if mixtures.samples.min() < self.samples:
                name = mixtures.ids[int(mixtures.samples.argmin())]
                raise AudiolabError(
                    f"{mixtures.path}: {name} has {mixtures.samples.min() / self.rate:.2f} s, less than "
                    f"data_conf.seconds, {config.seconds:g}; make longer mixtures or lower it"
                )

    def __len__(self) -> int:
        if not self.train:
            return sum(map(len, self._dirs()))
        return len(self.pool) if self.target is None else len(self.target)

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        generator = key.generator()
        mixtures, index, of_source = self._choose(key, generator)
        spare = int(mixtures.samples[index]) - self.samples
        start = int(generator.integers(spare + 1)) if self.train else 0
        speech, noise = mixtures.parts(index, start, self.samples)
        noisy = speech + noise
        if self.train and not of_source:
            speech = np.full_like(noisy, np.nan)
            noise = noise if self.config.leak_target_noise else speech.copy()
        sample = {
            "utt": mixtures.ids[index], "noisy": noisy, "speech": speech, "noise": noise, "source": of_source,
            "order": generator.random(),
        }  # fmt: skip
        if self.train:
            sample["place"] = key.position
        return sample

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Join samples to ``noisy``, ``speech``, ``noise`` [B, N], ``source`` (bool) and ``order`` [B].

        In training further ``place`` (int64) [B]; with ``leak_target_noise`` also ``target_noise``, which is true.
        """
        batch: Batch = {"utts": [sample["utt"] for sample in samples]}
        for name in ("noisy", "speech", "noise"):
            batch[name] = torch.from_numpy(np.stack([sample[name] for sample in samples]))
        batch["source"] = torch.tensor([sample["source"] for sample in samples])
        batch["order"] = torch.tensor([sample["order"] for sample in samples], dtype=torch.float64)
        if self.train:
            batch["place"] = torch.tensor([sample["place"] for sample in samples])
            if self.config.leak_target_noise:
                batch["target_noise"] = True
        return batch

    def about(self, keys: Sequence[SampleKey]) -> dict[str, float]:
        """Return in training how many samples of a whole batch are of the source domain, as ``source``."""
        return {"source": self.source_count(keys[0])} if self.train else {}

    def fingerprint(self) -> str:
        """Return the number of mixtures and a hash of the tables that they are made by."""
        tables = hashlib.sha256()
        for mixtures in self._dirs():
            for name in ("mixtures", "speech.scp", "noise.scp", "wav.scp", "spk1.scp"):
                if (mixtures.path / name).is_file():
                    tables.update((mixtures.path / name).read_bytes())
        tables.update(self.pool.tobytes())
        return f"{' + '.join(str(len(mixtures)) for mixtures in self._dirs())} mixtures, {tables.hexdigest()[:16]}"

    def require(self, target: bool, target_noise: bool) -> None:
        """Raise unless a system can do with this data.

        Args:
            target: Whether it needs a target domain.
            target_noise: Whether it has a use for the target's noise, of ``leak_target_noise``.
        """
        if target and self.target is None:
            raise AudiolabError("data_conf.target_train is missing: this system adapts to a target domain")
        if self.config.leak_target_noise and not target_noise:
            raise AudiolabError("data_conf.leak_target_noise is true, but this system does not use it: set it to false")

    def source_count(self, key: SampleKey) -> int:
        """Return how many samples of the whole batch that a key belongs to are of the source domain.

        With c of them wanted, a fraction, the first s batches of an epoch have ⌊s c + ½⌋ together; so each has the
        whole number below or above c, spread evenly, and their mean over an epoch is c however small a batch is.
        """
        if self.target is None:
            return key.whole.size
        share = max(0.0, self.config.source_share - self.config.share_step * key.epoch)
        wanted = min(float(key.whole.size), max(float(self.config.least_source), share * key.whole.size))
        before, after = (math.floor(steps * wanted + 0.5 + _ROUNDING) for steps in (key.whole.step, key.whole.step + 1))
        return after - before

    def _choose(self, key: SampleKey, generator: np.random.Generator) -> tuple[MixtureDir, int, bool]:
        """Return the dir and the number of the mixture that a key stands for, and whether it is of the source."""
        if not self.train:
            count = len(self.source)
            return (self.source, key.index, True) if key.index < count else (self.target, key.index - count, False)
        if self.target is None:
            return self.source, int(self.pool[key.index]), True
        count = self.source_count(key)
        if (key.position + 1) * count // key.whole.size > key.position * count // key.whole.size:
            return self.source, int(generator.choice(self.pool)), True
        return self.target, key.index, False

    def _dirs(self) -> list[MixtureDir]:
        return [mixtures for mixtures in (self.source, self.target) if mixtures is not None]


def _pool(path: Path, mixtures: MixtureDir) -> np.ndarray:
    """Return the numbers of the mixtures that a file names."""
    names = read_ids(path)
    numbers = {name: number for number, name in enumerate(mixtures.ids)}
    unknown = [name for name in names if name not in numbers]
    if unknown or not names:
        what = f"'{unknown[0]}' is not in {mixtures.path}" if unknown else "it is empty"
        raise AudiolabError(f"{path}: {what}; rank the source mixtures again")
    return np.sort([numbers[name] for name in names])
