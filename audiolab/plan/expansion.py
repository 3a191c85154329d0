"""Phases as jobs: one for each combination of values of a phase's axes, with the jobs that each needs.

Placeholders in a phase's texts:

    {name}        a setting, a value of an axis, a shared piece of arguments; a phase: the folder of the one job of it
                  that has the same values
    {phase}       the phase's name; {folder}: its own folder
    {name:stem}   of a path its last part without suffix
    {name:first}  of a phase with several such jobs the first one's folder
    {name:before:other}  of a phase over rounds the folder of the round before; in the first round that of phase other
    {*name}       as words of their own: the words of a setting, or the folders of all such jobs
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.plan.phases import ROUNDS, Phase, Phases, axis_problems

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A job: its phase, and the values of its axes."""

_PLACEHOLDER = re.compile(r"\{(\*?)(\w+)(?::(\w+)(?::(\w+))?)?\}")


@dataclass
class Job:
    """What is made, with all placeholders filled in.

    Attributes:
        phase: What it is one of.
        values: Axis, or part of one, -> value.
        folder: What it makes.
        words: The command's arguments.
        needs: Jobs that it needs.
        reads: Files and folders of no job that it is made from.
        listed: Columns of its row in the list of what was made.
        utterances: The data dir that it goes over, and the speaker, where it is one; empty for none.
        split: The most jobs that it is split into, and the least utterances of one.
    """

    phase: Phase
    values: dict[str, str]
    folder: str = ""
    words: list[str] = field(default_factory=list)
    needs: dict[Key, None] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    listed: dict[str, str] = field(default_factory=dict)
    utterances: tuple[str, str] = ("", "")
    split: tuple[int, int] = (1, 1)


class Plan:
    """All jobs that some phases, the targets, ask for.

    Attributes:
        jobs: The jobs, each behind those that it needs.

    Raises:
        AudiolabError: All that is wrong, in one message.
    """

    def __init__(
        self, phases: Phases, settings: Mapping[str, str], axes: Mapping[str, Sequence[str]], targets: Sequence[str]
    ) -> None:
        self._phases, self._settings = phases, settings
        self._problems: dict[str, None] = {}
        self._axes = {axis: _chosen(known, list(axes.get(axis, ()))) for axis, known in phases.axes.items()}
        self.jobs: dict[Key, Job] = {}
        self._check_given(axes, targets)
        for name in targets:
            self._all_of(name, {})
        self._check_folders()
        self._raise()
        try:
            order = list(TopologicalSorter({key: list(job.needs) for key, job in self.jobs.items()}).static_order())
        except CycleError as error:
            names = " needs ".join(key[0] for key in reversed(error.args[1]))
            raise AudiolabError(f"{phases.path}: phases wait for each other: {names}") from error
        self._order = {key: number for number, key in enumerate(order)}

    @property
    def calls(self) -> dict[str, str]:
        """How the user calls what makes a phase, by phase: ``stage 3 (train)``."""
        return {phase.name: phase.made_by for phase in self._phases.phases.values() if phase.stage}

    def targets_of(self, stage: str) -> list[Job]:
        """Return the jobs that a stage makes, in the order of `waves`."""
        return [job for wave in self.waves(stage) for job in wave]

    def waves(self, stage: str) -> list[list[Job]]:
        """Return the jobs that a stage makes, by waves: those of one may run at the same time.

        In a wave the jobs of one verb stand together. What other stages make counts as made.
        """
        own = {key: job for key, job in self.jobs.items() if job.phase.verb and job.phase.stage_name == stage}
        sorter = TopologicalSorter({key: [need for need in job.needs if need in own] for key, job in own.items()})
        sorter.prepare()
        places = {key: place for place, key in enumerate(own)}
        waves = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=places.__getitem__)
            sorter.done(*ready)
            verbs = list(dict.fromkeys(own[key].phase.verb for key in ready))
            waves.append([own[key] for key in sorted(ready, key=lambda key: verbs.index(own[key].phase.verb))])
        return waves

    def needed_from(self, stage: str) -> list[Job]:
        """Return the jobs of other stages that a stage's jobs need."""
        needs = [self.jobs[key] for job in self.targets_of(stage) for key in job.needs]
        found = {id(job): job for job in needs if job.phase.verb and job.phase.stage_name != stage}
        return list(found.values())

    def _check_given(self, axes: Mapping[str, Sequence[str]], targets: Sequence[str]) -> None:
        """Note what is wrong with axes and targets, without which nothing can be expanded."""
        phases = self._phases
        for axis, values in self._axes.items():
            if axis in axes:
                self._note(*axis_problems(axis, phases.axes[axis], values))
        for axis in axes.keys() - phases.axes.keys():
            self._note(f"{phases.path}: there is no axis '{axis}'{did_you_mean(axis, phases.axes)}")
        for name in targets:
            if name not in phases.phases:
                self._note(f"{phases.path}: there is no phase '{name}'{did_you_mean(name, phases.phases)}")
        self._raise()

    def _all_of(self, name: str, fixed: Mapping[str, str]) -> list[Key]:
        """Expand all jobs of a phase whose values agree with ``fixed``; return their keys."""
        phase = self._phases.phases[name]
        choices = []
        for axis in phase.over:
            if axis not in fixed and not self._axes[axis]:
                self._note(f"{name} is over '{axis}', of which no values are given")
            choices.append([fixed[axis]] if axis in fixed else self._axes[axis])
        keys = []
        for values in itertools.product(*choices):
            keys.append((name, tuple(zip(phase.over, values))))
            if keys[-1] not in self.jobs:
                self._expand(keys[-1], phase)
        return keys

    def _expand(self, key: Key, phase: Phase) -> None:
        values = dict(key[1])
        for axis in phase.over:
            values |= dict(zip(axis.split(":"), values[axis].split(":")))
        job = self.jobs[key] = Job(phase, values)
        job.values |= {axis: self._filled(text, job) for axis, text in phase.where.items()}
        for need in phase.needs:
            name = self._filled(need, job)
            if name in self._phases.phases:
                job.needs |= dict.fromkeys(self._all_of(name, job.values))
            else:
                self._note(f"{phase.name} needs unknown phase '{name}'{did_you_mean(name, self._phases.phases)}")
        job.folder = self._filled(phase.folder, job)
        job.words = list(self._words(phase.arguments, job))
        job.reads = [self._filled(text, job) for text in phase.reads]
        job.reads += [
            word for word in job.words if word.endswith(".yaml") and Path(job.folder) not in Path(word).parents
        ]
        job.listed = {column: self._filled(text, job) for column, text in phase.listed.items()}
        job.utterances = (
            self._filled(phase.utterances.get("data", ""), job),
            self._filled(phase.utterances.get("speaker", ""), job),
        )
        job.split = (self._count("nj", job), self._count("least", job))
        if phase.verb and find_spec(f"audiolab.bin.{phase.verb}") is None:
            self._note(f"{phase.name}: there is no command audiolab.bin.{phase.verb}")

    def _words(self, text: str, job: Job) -> Iterator[str]:
        for word in self._split(self._with_pieces(text), job):
            alone = _PLACEHOLDER.fullmatch(word)
            if alone and alone[1]:
                yield from self._several(alone[2], job)
            else:
                yield self._filled(word, job)

    def _with_pieces(self, text: str, depth: int = 0) -> str:
        """Return a text with the shared pieces that it names."""
        if depth > 9:
            raise AudiolabError(f"{self._phases.path}: words stand in one another in a circle: {text[:80]}")
        words = self._phases.words
        return _PLACEHOLDER.sub(
            lambda found: self._with_pieces(words[found[2]], depth + 1) if found[2] in words else found[0], text
        )

    def _several(self, name: str, job: Job) -> list[str]:
        if name in self._phases.phases:
            return [self.jobs[key].folder for key in self._need(name, job)]
        return self._split(self._value(name, job), job)

    def _split(self, text: str, job: Job) -> list[str]:
        try:
            return shlex.split(text)
        except ValueError:
            self._note(f"{job.phase.name}: a quote that does not end: {text[:200]}")
            return []

    def _filled(self, text: str, job: Job) -> str:
        return _PLACEHOLDER.sub(lambda found: self._one(*found.group(2, 3, 4), job), self._with_pieces(text))

    def _one(self, name: str, how: str | None, other: str | None, job: Job) -> str:
        """Return what stands for ``{name:how:other}``."""
        if (how == "before") != (other is not None):
            self._note(f"{job.phase.name}: write {{PHASE:before:OTHER}}, OTHER being what the first round stands on")
            return ""
        if how == "before":
            keys = self._before(name, other, job)
            return self.jobs[keys[0]].folder if keys else ""
        if name in self._phases.phases and name not in job.values:
            keys = self._need(name, job, first=how == "first")
            if len(keys) > 1:
                self._note(
                    f"{job.phase.name}: there are {len(keys)} jobs of {name}; write {{{name}:first}} or {{*{name}}}"
                )
            return self.jobs[keys[0]].folder if keys else ""
        value = self._value(name, job)
        if how not in (None, "stem"):
            self._note(f"{job.phase.name}: {{{name}:{how}}} means nothing; write :stem, or :first of a phase")
        return Path(value).stem if how == "stem" else value

    def _value(self, name: str, job: Job) -> str:
        own = {"phase": job.phase.name, "folder": job.folder, **self._settings, **job.values}
        if name not in own:
            self._note(f"{job.phase.name}: unknown {{{name}}}{did_you_mean(name, {*own, *self._phases.phases})}")
        return own.get(name, "")

    def _count(self, key: str, job: Job) -> int:
        """Return a number of `Phase.split`; 1 where there is none."""
        text = self._filled(job.phase.split.get(key, "1"), job)
        if not text.isdecimal() or int(text) < 1:
            self._note(f"{job.phase.name}: split: {key} is '{text}'; give a whole number, 1 or more")
            return 1
        return int(text)

    def _before(self, name: str, other: str, job: Job) -> list[Key]:
        """Return the job of the phase ``name`` one round before; in the first round that of the phase ``other``."""
        phases = self._phases.phases
        for each in (name, other):
            if each not in phases:
                self._note(f"{job.phase.name}: unknown phase '{each}'{did_you_mean(each, phases)}")
                return []
        axis = next((axis for axis in phases[name].over if self._phases.axes[axis] == ROUNDS), "")
        if axis not in job.values:
            self._note(f"{job.phase.name}: {{{name}:before:{other}}}: both phases must be over one axis of rounds")
            return []
        rounds = self._axes[axis]
        number = rounds.index(job.values[axis])
        values, wanted = dict(job.values), name if number else other
        if number:
            values[axis] = rounds[number - 1]
        else:
            del values[axis]
        keys = self._all_of(wanted, values)
        if len(keys) > 1:
            self._note(
                f"{job.phase.name}: there are {len(keys)} jobs of {wanted}, of which one is wanted; say it by where"
            )
        job.needs |= dict.fromkeys(keys[:1])
        return keys[:1]

    def _need(self, name: str, job: Job, first: bool = False) -> list[Key]:
        keys = self._all_of(name, job.values)[: 1 if first else None]
        job.needs |= dict.fromkeys(keys)
        return keys

    def _check_folders(self) -> None:
        """Note two jobs with one stamp, of one phase in one folder, and folders that are listed twice where made."""
        stamps: dict[tuple[str, str], Job] = {}
        made = Counter(job.listed.get("dir", "-") for job in self.jobs.values() if job.phase.verb)
        self._note(*(f"{folder} would be made {n} times" for folder, n in made.items() if n > 1 and folder != "-"))
        for job in self.jobs.values():
            if not job.phase.verb:
                continue
            other = stamps.setdefault((job.folder, job.phase.name), job)
            if other is not job:
                self._note(f"{job.folder} would be made twice by {job.phase.name}; give each value of its axes once")
            self._note(
                *(f"{job.phase.name}: {path}: no such file" for path in job.reads
                  if path.endswith(".yaml") and not Path(path).is_file())
            )  # fmt: skip

    def _note(self, *problems: str) -> None:
        self._problems |= dict.fromkeys(problems)

    def _raise(self) -> None:
        if self._problems:
            raise AudiolabError("; ".join(self._problems))


def _chosen(known: str | tuple[str, ...], values: list[str]) -> list[str]:
    """Return the values of an axis that are asked for: of listed ones ``all`` are all."""
    return list(known) if isinstance(known, tuple) and values == ["all"] else values
