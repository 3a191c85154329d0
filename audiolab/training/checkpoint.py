"""Checkpoints on the disk: written whole or not at all, the newest and the best kept, and found again."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.textfile import read_text
from audiolab.training.export import write_file
from audiolab.training.loadfile import load_file

logger = logging.getLogger(__name__)

FORMAT = 1
KEYS = ("format", "step", "config", "data", "system", "updater", "ema", "meters", "best")

Ranking = list[tuple[float, int]]
"""(value of the metric, step) of the best checkpoints, the best first."""


class Checkpoints:
    """The folder ``checkpoints/`` of a run: ``step_%08d.pt``, and ``latest``, a text file with the name of one."""

    def __init__(self, folder: Path, keep_last: int) -> None:
        self.folder, self.keep_last = folder, keep_last

    def path(self, step: int) -> Path:
        """Return where the checkpoint of a step is."""
        return self.folder / f"step_{step:08d}.pt"

    def steps(self) -> list[int]:
        """Return the steps that have one, in order."""
        return sorted(int(path.stem.removeprefix("step_")) for path in self.folder.glob("step_????????.pt"))

    def save(self, content: dict[str, Any]) -> None:
        """Write the checkpoint, then ``latest``, then delete those that are neither new nor among the best."""
        step = content["step"]
        write_file(self.path(step), content)
        with atomic_write(self.folder / "latest") as file:
            file.write(f"{self.path(step).name}\n")
        newest = [other for other in self.steps() if other <= step][-self.keep_last :]
        keep = {*newest, *(best for _, best in content["best"])}
        for other in self.steps():
            if other not in keep:
                self.path(other).unlink(missing_ok=True)

    def load(self, step: int) -> dict[str, Any]:
        """Return the checkpoint of a step.

        Raises:
            AudiolabError: It is broken; the message says what deleting it leads to.
        """
        steps = self.steps()
        earlier = [other for other in steps if other < step]
        if any(other > step for other in steps):
            advice = "delete it, and the same command goes on without it"
        elif earlier:
            advice = f"delete it, and the same command goes on from {self.path(earlier[-1]).name}"
        else:
            advice = "there is no earlier one; delete it to train from the beginning"
        content = load_file(self.path(step), KEYS, advice)
        if content["format"] != FORMAT:
            raise AudiolabError(
                f"{self.path(step)}: has format {content['format']}, this audiolab reads {FORMAT}; {advice}"
            )
        return content

    def load_latest(self) -> dict[str, Any] | None:
        """Return the checkpoint to go on from, or None at the beginning of a run.

        It is the one that ``latest`` names. Where that one, or ``latest`` itself, is not there (the user deleted a
        broken one, or the run was killed before it wrote ``latest``), it is the newest.
        """
        steps = self.steps()
        if not steps:
            return None
        named = self._latest()
        if named in steps:
            return self.load(named)
        if named is not None:
            logger.warning("%s is not there; going on from %s", self.path(named), self.path(steps[-1]).name)
        return self.load(steps[-1])

    def there(self, best: Ranking) -> Ranking:
        """Return ``best`` without checkpoints that the user has deleted."""
        kept = set(self.steps())
        for _, step in best:
            if step not in kept:
                logger.warning("%s, one of the best, is not there; the next best takes its place", self.path(step))
        return [(value, step) for value, step in best if step in kept]

    def _latest(self) -> int | None:
        path = self.folder / "latest"
        if not path.exists():
            return None
        digits = read_text(path, largest=1 << 10).strip().removeprefix("step_").removesuffix(".pt")
        if not (digits.isascii() and digits.isdigit()):
            raise AudiolabError(f"{path}: does not name a checkpoint; delete it to go on from the newest one")
        return int(digits)
