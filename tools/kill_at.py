"""``audiolab.bin.train``, killed at a chosen place, or with notes of how long each takes; for ``tools/check_kill.py``.

    CHECK_KILL='{"mark": "killed", "place": "validation", "call": 2, "delay": 0.01}' python tools/kill_at.py …

Environment ``CHECK_KILL`` is a `Kill` as JSON, or ``{"notes": FILE}``. Arguments are those of ``audiolab.bin.train``,
which knows the toys of ``test/training`` as systems, too; the processes that it launches are armed as well.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

PLACES = {
    "anywhere": "audiolab.training.trainer:Trainer.fit",
    "beginning": "audiolab.training.trainer:Trainer._begin",
    "preflight": "audiolab.training.trainer:Trainer._preflight",
    "start of an epoch": "audiolab.training.trainer:Trainer._enter_epoch",
    "step": "audiolab.training.updater:Updater.step",
    "validation": "audiolab.training.validation:validate",
    "checkpoint": "audiolab.training.checkpoint:Checkpoints.save",
    "model": "audiolab.training.export:save_model",
    "history": "audiolab.training.history:History.add",
    "sync of a file": "os:fsync",
    "renaming of a file": "os:replace",
    "end": "audiolab.training.trainer:Trainer._finish",
}
"""What may be interrupted: the function that does it."""

OF_THE_FIRST = ("checkpoint", "model", "history", "sync of a file", "renaming of a file")
"""Places that only the first process comes to."""

VARIABLE = "CHECK_KILL"

TOYS = Path(__file__).parents[1] / "test/training"


@dataclass(frozen=True)
class Kill:
    """When a process is killed.

    Attributes:
        mark: File that is made then.
        place: One of `PLACES`.
        call: Which call of it, from 1.
        delay: Seconds after the call began; 0: right before it; negative: right after it.
        rank: Which process.
        alone: Whether the others and the launcher are left to notice by themselves.
    """

    mark: str
    place: str
    call: int
    delay: float
    rank: int = 0
    alone: bool = False


def kill(plan: Kill) -> None:
    """Kill this process and, unless it is to go alone, first the one that launched it."""
    launcher = os.environ.get("AUDIOLAB_LAUNCHER")
    os.close(os.open(plan.mark, os.O_CREAT))
    if launcher is not None and not plan.alone:
        os.kill(int(launcher), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def killing(function: Callable, plan: Kill) -> Callable:
    """Return ``function`` with the kill in one of its calls."""
    calls = 0

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != plan.call:
            return function(*args, **kwargs)
        if plan.delay > 0:
            threading.Thread(target=lambda: (time.sleep(plan.delay), kill(plan)), daemon=True).start()
        elif plan.delay == 0:
            kill(plan)
        result = function(*args, **kwargs)
        if plan.delay < 0:
            kill(plan)
        return result

    return wrapped


def noting(function: Callable, durations: list[float]) -> Callable:
    """Return ``function``, which notes the seconds of each call."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        began = time.monotonic()
        try:
            return function(*args, **kwargs)
        finally:
            durations.append(time.monotonic() - began)

    return wrapped


def replace(place: str, make: Callable[[Callable], Callable]) -> None:
    """Put ``make(function)`` in the function's place."""
    module, _, path = PLACES[place].partition(":")
    owner = import_module(module)
    *classes, name = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    setattr(owner, name, make(getattr(owner, name)))


def arm() -> Callable[[], None]:
    """Prepare the kill or the notes in this process; return what writes the notes."""
    asked = json.loads(os.environ[VARIABLE])
    main = os.environ.get("RANK", "0") == "0"
    if "notes" not in asked:
        plan = Kill(**asked)
        if plan.rank == int(os.environ.get("RANK", 0)):
            replace(plan.place, functools.partial(killing, plan=plan))
    elif main:
        notes: dict[str, list[float]] = defaultdict(list)
        for place in PLACES:
            replace(place, functools.partial(noting, durations=notes[place]))
        return lambda: Path(asked["notes"]).write_text(json.dumps(notes), encoding="utf-8")
    return lambda: None


def register_toys() -> list[str]:
    """Make systems of the tests' toys, here and in processes that this one starts; return their names."""
    sys.path.append(str(TOYS))
    import plugs

    from audiolab import systems

    systems._SYSTEMS |= {name: f"{toy.__module__}:{toy.__name__}" for name, toy in plugs.TOYS.items()}
    return list(plugs.TOYS)


def main() -> None:
    """Train armed, or launch processes that do."""
    from audiolab.bin import train
    from audiolab.training import launch

    originally, training = launch.launch, train._train

    def armed(*args: Any) -> None:
        write = arm()
        training(*args)
        write()

    train._train = armed
    launch.launch = lambda module, *rest: originally("kill_at", *rest)
    path = [str(Path(__file__).parent), str(TOYS), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(path)
    register_toys()
    train.main()


if __name__ == "__main__":
    from audiolab import cli

    cli.run(main)
