"""Self-training with a teacher: RemixIT (eq. 3) and, with labelled source samples beside it, SRST (eq. 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import torch
from torch import Tensor

from audiolab.dataset import Batch, Whole
from audiolab.systems.srst.base import EnhancementSystem
from audiolab.systems.srst.config import SelfTrainingConfig
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.systems.srst.losses import enhancement_loss
from audiolab.training.system import Initial, Update


class SelfTraining(EnhancementSystem):
    """A student that learns from a teacher's estimates on the target domain, remixed, and from source samples.

    Which part of a batch is of the source, and how it falls with the epochs, is the data's (`DomainMixturesConfig`);
    without any it is RemixIT.
    """

    Config = SelfTrainingConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"student": ("enhancer",)}

    def __init__(self, config: SelfTrainingConfig) -> None:
        super().__init__(config)
        self.teacher = Enhancer(config.enhancer).requires_grad_(False)
        self.source_weight = config.source_weight

    def initial(self) -> list[Initial]:
        """Return student and teacher; both begin with a trained enhancer, the same or two."""
        run, key = self.config.init_teacher, "system_conf.init_teacher"
        if run is None:
            run, key = self.config.init, "system_conf.init"
        return [*super().initial(), Initial(self.teacher, run, "enhancer", key)]

    def train(self, mode: bool = True) -> SelfTraining:
        """Set the student's mode; the teacher only infers."""
        super().train(mode)
        self.teacher.eval()
        return self

    @torch.no_grad()
    def on_epoch_start(self, epoch: int) -> None:
        """Set λ, and renew the teacher by the student that the last epoch left."""
        config = self.config
        self.source_weight = config.source_weight * config.source_decay**epoch
        if epoch == 0 or config.teacher == "static":
            return
        if config.teacher == "sequential" and epoch % config.refresh == 0:
            self.teacher.load_state_dict(self.enhancer.state_dict())
        if config.teacher == "ema":
            for old, new in zip(self.teacher.state_dict().values(), self.enhancer.state_dict().values()):
                old.copy_(config.gamma * old + (1 - config.gamma) * new if old.is_floating_point() else new)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step, eq. 4; see `SelfTrainingConfig.mean_over` and ``remix_level``."""
        source, level = batch["source"], _LEVELS[self.config.remix_level]
        noisy, speech, noise = level(batch["noisy"]), batch["speech"].clone(), batch["noise"].clone()
        if not source.all():
            with torch.no_grad():
                target_speech, target_noise = self.teacher(noisy[~source])
            speech[~source] = target_speech
            noise[~source] = target_noise[self._permutation(batch["order"][~source], batch["place"][~source])]
        mixture = torch.where(source[:, None], noisy, level(speech + noise))
        losses = enhancement_loss(self.enhancer(mixture), (speech, noise), self.config.loss)
        weights = torch.where(source, *self._weights(batch["whole"]))
        stats = {"source_share": source.float().mean()}
        stats |= {name: losses[chosen].mean() for name, chosen in _present(source)}
        yield Update("student", (weights * losses).mean(), stats)

    def _weights(self, whole: Whole) -> tuple[float, float]:
        """Return what a source and a target sample weigh in the whole batch's mean."""
        share = whole.facts["source"] / whole.size
        if self.config.mean_over == "batch" or not 0 < share < 1:
            return self.source_weight, 1.0
        return self.source_weight / share, 1 / (1 - share)

    def _permutation(self, order: Tensor, place: Tensor) -> Tensor:
        """Return P of eq. 3: the items, group by group, in the order of their random numbers [B].

        Groups are counted over the places [B], in ascending order, that the items have in the whole batch, so that
        processes which hold parts of it exchange the same noises as one that holds it all.
        """
        by_order = order.argsort()
        if self.config.remix_group is None:
            return by_order
        group = place // self.config.remix_group
        return by_order[group[by_order].argsort(stable=True)]


def unit_level(mixtures: Tensor) -> Tensor:
    """Return mixtures [B, N] without their means and divided by their standard deviations (RemixIT's released code)."""
    centred = mixtures - mixtures.mean(-1, keepdim=True)
    return centred / centred.std(-1, correction=0, keepdim=True).clamp_min(_TINY)


_TINY = 1e-8
_LEVELS: dict[str, Callable[[Tensor], Tensor]] = {"unit": unit_level, "recorded": lambda mixtures: mixtures}


def _present(source: Tensor) -> Iterator[tuple[str, Tensor]]:
    for name, chosen in (("source_loss", source), ("target_loss", ~source)):
        if chosen.any():
            yield name, chosen
