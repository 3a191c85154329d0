"""A row of a table of jobs: its command, and the stamps that tell whether it is to be run.

A job that is split into N jobs is N + 1 rows: the parts, and behind them the row that joins them. A part has a stamp of
its own below that of the whole, and counts until the whole is stamped, where its folder (`audiolab.datadir.parts`) is
there: so an interrupted wave goes on, and what is joined and fresh is passed over, whatever N is now.
"""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from audiolab.datadir.fingerprint import STAMPS, stamps_of
from audiolab.datadir.parts import Part
from audiolab.datadir.stamp import begin_stage, commit_stage, is_fresh, withdraw
from audiolab.errors import AudiolabError

MADE_BY = "the stage that lists these jobs"

JOIN = "join"


@dataclass(frozen=True)
class Task:
    """A row of a table: a job as it is run.

    Attributes:
        needs: Stamps of what it needs.
        part: Of a job that is split: ``2/4`` for the second of four, ``join/4`` for what joins them.

    `audiolab.plan.phases.Phase` tells of the others.
    """

    phase: str
    folder: str
    verb: str
    words: tuple[str, ...]
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    kept_for: str = ""
    part: str = ""

    def split(self, jobs: int) -> list[Task]:
        """Return its parts, and behind them what joins them."""
        return [replace(self, part=f"{job}/{jobs}") for job in (*range(1, jobs + 1), JOIN)]

    @property
    def joins(self) -> bool:
        """Whether it joins what others have made."""
        return self.part.startswith(JOIN)

    @property
    def command(self) -> tuple[str, ...]:
        """The verb's arguments, those of its part too."""
        job, _, jobs = self.part.partition("/")
        if not jobs:
            return self.words
        return (*self.words, "--nj", jobs, *(("--join",) if self.joins else ("--job", job)))

    @property
    def options(self) -> dict[str, str]:
        """What the stamp says of the command: each option with its values, and the whole; nothing of parts."""
        found: dict[str, str] = {}
        name = self.verb
        for word in self.words:
            if word.startswith("--"):
                name, _, value = word.partition("=")
                found[name] = value
            else:
                found[name] = f"{found.get(name, '')} {word}".strip()
        return found | {"command": shlex.join((self.verb, *self.words))}

    def is_fresh(self) -> bool:
        """Return whether it was made, as it would be now; a part also where the whole was."""
        there = all(os.path.exists(os.path.join(self.folder, name)) for name in self.makes)
        if there and is_fresh(self.folder, self.phase, self.options):
            return True
        if not self.part or self.joins or not self._made.is_dir():
            return False
        return is_fresh(self._parts, _name(self.part), self.options)

    def check(self) -> None:
        """Raise where what it needs was not made, or what it would make is kept for what was made of it before."""
        for need in self.needs:
            if not Path(need).is_file():
                folder, phase = Path(need).parents[1], Path(need).stem
                raise AudiolabError(f"{self.phase}: {folder} has nothing of {phase} yet; run {MADE_BY} again")
        if self.joins:
            for part in self.split(int(self.part.partition("/")[2]))[:-1]:
                if not part.is_fresh():
                    raise AudiolabError(
                        f"{self.folder}: part {part.part} of {self.phase} is not made; run {MADE_BY} again"
                    )
        if self.kept_for and os.path.exists(os.path.join(self.folder, self.kept_for)):
            self._keep()

    def _keep(self) -> None:
        if Path(self.folder, STAMPS, f"{self.phase}.json").is_file():
            raise AudiolabError(
                f"{self.folder}: has {self.kept_for}, made with another {self.phase} than is asked for; take back what "
                "was changed (an option, what it is made from), or give another --tag"
            )
        raise AudiolabError(
            f"{self.folder}: has {self.kept_for}, and no stamp tells with which {self.phase} it was made, as before "
            "there were plans; give another --tag, or delete this folder to have it made again"
        )

    def begin(self) -> None:
        """Withdraw the stamps of what it is about to overwrite, and note what it reads."""
        inputs = (*self.needs, *self.reads)
        if not self.part or self.joins:
            begin_stage(self.folder, self.phase, inputs, self.options)
            if not self.part:  # what joins parts keeps them until it has
                shutil.rmtree(self._parts, ignore_errors=True)
            return
        withdraw(self.folder, self.phase)
        jobs = self.part.partition("/")[2]
        for other in stamps_of(self._parts):
            if not other.stem.endswith(f"_of_{jobs}"):  # one number of jobs counts at a time
                withdraw(self._parts, other.stem)
        begin_stage(self._parts, _name(self.part), inputs, self.options)

    def commit(self) -> None:
        """Write the stamp of what it has made."""
        if not self.part or self.joins:
            commit_stage(self.folder, self.phase)
            shutil.rmtree(self._parts, ignore_errors=True)
        else:
            commit_stage(self._parts, _name(self.part))

    @property
    def _made(self) -> Path:
        """The folder of what its part made."""
        job, jobs = map(int, self.part.split("/"))
        return Part(job, jobs).folder(self.folder)

    @property
    def _parts(self) -> str:
        """The folder of its parts' stamps."""
        return f"{self.folder}/{STAMPS}/{self.phase}_parts"


def _name(part: str) -> str:
    return part.replace("/", "_of_")
