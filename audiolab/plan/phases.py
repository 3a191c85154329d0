"""A recipe's phases: what its ``local/phases.yaml`` says is made.

``axes`` say what rows are multiplied by: ``seed: number``, ``set: name``, ``config: file``, ``round: rounds``, or a
list of all values that there are; an axis ``source:target`` has values of two parts. ``words`` are pieces of arguments
that several phases share. ``phases`` is a mapping of name to the fields of `Phase`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from audiolab.config import load_yaml
from audiolab.datadir.names import id_problem
from audiolab.errors import AudiolabError, did_you_mean, shown

ROUNDS = "rounds"
KINDS = ("number", "name", "file", ROUNDS)
"""What the values of an axis can be, where they are not listed; rounds are numbers that stand on one another."""

_MAPPINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "listed": ((), ()),
    "where": ((), ()),
    "utterances": (("data",), ("data", "speaker")),
    "split": (("nj", "least"), ("nj", "least")),
}
"""Keys whose values are names with texts: which names they need, and which they may have, if not any."""


@dataclass(frozen=True)
class Phase:
    """What is made, once for each combination of values of its axes. All texts may have ``{placeholders}``.

    Attributes:
        name: Its name, which its stamp has too.
        verb: The command of `audiolab.bin` that makes it; empty for what is only listed.
        stage: The stage of ``run.sh`` that makes it, ``number:name``.
        over: The axes that multiply it.
        folder: What it makes.
        arguments: The command's arguments, in a shell's quotes where they have spaces.
        needs: Phases that it needs although no text of it has their folder.
        reads: Files and folders beside those of other phases that it is made from; YAMLs among the arguments are, too.
        makes: Files of the folder without which it counts as not made.
        kept_for: File of the folder that was made of this; while it is there, this is not made anew.
        listed: Columns of a row in the list of what was made.
        where: Values of further axes.
        utterances: What it goes over: ``data``, a data dir, and ``speaker``, of whom; it must have some.
        split: Into how many jobs: at most ``nj``, each of ``least`` of the utterances or more.
    """

    name: str
    verb: str = ""
    stage: str = ""
    over: tuple[str, ...] = ()
    folder: str = ""
    arguments: str = ""
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    kept_for: str = ""
    listed: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    utterances: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)

    @property
    def stage_name(self) -> str:
        """The name in `stage`."""
        return self.stage.partition(":")[2]

    @property
    def made_by(self) -> str:
        """`stage` as ``run.sh`` calls it: ``stage 3 (train)``."""
        number, _, name = self.stage.partition(":")
        return f"stage {number} ({name})"


@dataclass(frozen=True)
class Phases:
    """What a recipe's file says: where it stands, axis -> kind or all values, name -> piece of arguments, phases."""

    path: Path
    axes: Mapping[str, str | tuple[str, ...]]
    words: Mapping[str, str]
    phases: Mapping[str, Phase]


def read_phases(path: str | Path) -> Phases:
    """Return what a recipe's file says; `AudiolabError` where it cannot be read or is not as this module says."""
    tree, where = load_yaml(path)
    for key in tree:
        if key not in ("axes", "words", "phases"):
            raise AudiolabError(f"{where[key]}: unknown key '{key}'{did_you_mean(key, ('axes', 'words', 'phases'))}")
    sections = {key: tree.get(key) or {} for key in ("axes", "words", "phases")}
    for key, section in sections.items():
        if not isinstance(section, dict):
            raise AudiolabError(f"{where.get(key, path)}: '{key}' is {shown(section)}; give names with what they are")
    axes = {name: _axis(name, given, where.get(f"axes.{name}", str(path))) for name, given in sections["axes"].items()}
    words = {name: str(text) for name, text in sections["words"].items()}
    if not sections["phases"]:
        raise AudiolabError(f"{path}: has no phases")
    phases = {name: _phase(str(name), given, where, path) for name, given in sections["phases"].items()}
    for phase in phases.values():
        for axis in phase.over:
            if axis not in axes:
                raise AudiolabError(f"{path}: {phase.name} is over unknown axis '{axis}'{did_you_mean(axis, axes)}")
    return Phases(Path(path), axes, words, phases)


def _axis(name: str, given: Any, where: str) -> str | tuple[str, ...]:
    if isinstance(given, list):
        return tuple(map(str, given))
    if given not in KINDS:
        raise AudiolabError(f"{where}: axis '{name}' is {shown(given)}; give one of {', '.join(KINDS)}, or its values")
    return given


def _phase(name: str, given: Any, where: Mapping[str, str], path: str | Path) -> Phase:
    place = where.get(f"phases.{name}", str(path))
    if not isinstance(given, dict):
        raise AudiolabError(f"{place}: phase '{name}' is {shown(given)}; give its verb, folder and arguments")
    known = {each.name for each in fields(Phase)} - {"name"}
    values: dict[str, Any] = {}
    for key, value in given.items():
        at = where.get(f"phases.{name}.{key}", place)
        if key not in known:
            raise AudiolabError(f"{at}: phase '{name}' has an unknown key '{key}'{did_you_mean(str(key), known)}")
        if key in _MAPPINGS:
            values[key] = _mapping(key, value, at)
        elif key in ("over", "needs", "reads", "makes"):
            values[key] = tuple(map(str, value)) if isinstance(value, list) else (str(value),)
        else:
            values[key] = " ".join(str(value).split())
    if values.get("verb") and not (values.get("folder") and values.get("stage", "").partition(":")[2]):
        raise AudiolabError(f"{place}: phase '{name}' has a verb; give its folder and its stage, as 3:train, too")
    if not values.get("verb") and not values.get("listed"):
        raise AudiolabError(f"{place}: phase '{name}' has no verb; give the command of audiolab.bin that makes it")
    if values.get("split") and not values.get("utterances"):
        raise AudiolabError(f"{place}: phase '{name}' is split; give its utterances, {{data: …}}, too")
    return Phase(name, **values)


def _mapping(key: str, value: Any, at: str) -> dict[str, str]:
    needed, known = _MAPPINGS[key]
    if not isinstance(value, dict):
        raise AudiolabError(f"{at}: '{key}' is {shown(value)}; give names with their texts")
    for name in value:
        if known and name not in known:
            raise AudiolabError(f"{at}: '{key}' has an unknown '{name}'{did_you_mean(str(name), known)}")
    for name in needed:
        if name not in value:
            raise AudiolabError(f"{at}: '{key}' lacks '{name}'")
    return {str(column): str(text) for column, text in value.items()}


def axis_problems(axis: str, known: str | tuple[str, ...], values: list[str]) -> list[str]:
    """Return what is wrong with the values that were given for an axis."""
    problems, given = [], " ".join(values)
    if not values:
        problems.append(f"no {axis}{did_you_mean('', known) if isinstance(known, tuple) else ' is given'}")
    for value in dict.fromkeys(values):
        parts = value.split(":") if ":" in axis else [value]
        if values.count(value) > 1:
            problems.append(f"{axis} {value} is named {values.count(value)} times; name each once")
        if isinstance(known, tuple) and value not in known:
            problems.append(f"unknown {axis} '{value}'{did_you_mean(value, known)}")
        elif len(parts) != axis.count(":") + 1 or not _tells(parts):
            problems.append(f"{axis} '{value}' is not {axis.upper()}")
        elif known in ("number", ROUNDS) and not value.isdecimal():
            problems.append(f"{axis} '{given}': give whole numbers, not negative")
        elif known != "file":
            problems += [f"{axis}: {problem}" for problem in map(id_problem, filter(None, parts)) if problem]
    return list(dict.fromkeys(problems))


def _tells(parts: list[str]) -> bool:
    """Return whether parts of an axis's value may be these: two that differ, or more, of which the first is there."""
    return all(parts) and parts[0] != parts[1] if len(parts) == 2 else bool(parts[0])
