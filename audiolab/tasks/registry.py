"""The tasks that there are, by name; the header of a ``scores.csv`` tells of which it is."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from audiolab import cli
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import read_lines
from audiolab.tasks.se.tables import TASK as SE
from audiolab.tasks.svs.tables import TASK as SVS
from audiolab.tasks.task import Task
from audiolab.tasks.tts.tables import TASK as TTS
from audiolab.tasks.vc.tables import TASK as VC

TASKS: dict[str, Task[Any, Any]] = {task.name: task for task in (VC, SE, SVS, TTS)}


def module(task: Task[Any, Any], name: str) -> ModuleType:
    """Return a module of a task's folder, such as ``scoring`` or ``page``; only it is loaded."""
    return import_module(f"audiolab.tasks.{task.name}.{name}")


def chosen(verb: str, argv: Sequence[str] | None = None) -> tuple[Task[Any, Any], list[str]]:
    """Return the task that stands behind a command's name, and the arguments behind it.

    Args:
        verb: The command.
        argv: What stands behind it; by default on this process's command line.

    Raises:
        AudiolabError: No task has that name.
    """
    name, arguments = cli.chosen(verb, TASKS, "task", argv)
    return TASKS[name], arguments


def task_of(path: str | Path) -> Task[Any, Any]:
    """Return the task whose scores are in a ``scores.csv``.

    Raises:
        AudiolabError: The file is missing, or its header is that of no task.
    """
    commands = " or ".join(task.layout.made_by for task in TASKS.values())
    lines = read_lines(path, commands)
    header = tuple(lines[0][1]) if lines else ()
    found = {task.layout.columns: task for task in TASKS.values()}
    if header not in found:
        raise AudiolabError(f"{path}:1: the columns are not those of {commands}; score again")
    return found[header]
