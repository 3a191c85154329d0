"""Changes of one place that a test has to notice, by system: what `tools/check_mutations.py` makes, one at a time."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SYSTEMS = ("datadir", "features", "separation", "softgan", "srst", "training")
"""Whose lists there are; `datadir`, `features` and `training`, which is the trainer's, all systems share."""


@dataclass(frozen=True)
class Mutation:
    """A change, and the tests that notice it.

    Attributes:
        name: What is wrong with the changed code, in a few words; unique within a system.
        file: Relative to the checkout.
        old: Text that stands exactly once in the file.
        new: What it becomes.
        tests: Arguments of pytest, the quickest first.
        survives: Why no test can notice it; empty: one has to.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    survives: str = ""

    def fault(self, root: Path) -> str:
        """Return what keeps it from being made in a checkout; nothing where it can be."""
        path = root / self.file
        if not path.is_file():
            return f"{self.name}: there is no {self.file}"
        count = path.read_text(encoding="utf-8").count(self.old)
        if count != 1:
            return f"{self.name}: {self.file} has '{self.old.strip()}' {count} times, not once"
        missing = [test for test in self.tests if not (root / test.partition("::")[0]).exists()]
        return f"{self.name}: there is no {missing[0]}" if missing else ""

    def apply(self, root: Path) -> str:
        """Make it in a checkout, and return the file's text from before."""
        path = root / self.file
        before = path.read_text(encoding="utf-8")
        path.write_text(before.replace(self.old, self.new), encoding="utf-8")
        return before


def of(file: str, tests: Iterable[str], *changes: tuple[str, ...]) -> list[Mutation]:
    """Return the mutations of one file that the same tests notice: (name, old, new) or (name, old, new, why not)."""
    return [Mutation(name, file, old, new, tuple(tests), *why) for name, old, new, *why in changes]


def mutations(system: str) -> list[Mutation]:
    """Return a system's list."""
    return importlib.import_module(f"mutations.{system}").MUTATIONS


def faults(system: str, root: Path) -> list[str]:
    """Return what is wrong with a system's list: changes that cannot be made, and names that stand twice."""
    listed = mutations(system)
    names = [mutation.name for mutation in listed]
    twice = [f"{name}: there are two of this name" for name in sorted(set(names)) if names.count(name) > 1]
    return [fault for mutation in listed if (fault := mutation.fault(root))] + twice
