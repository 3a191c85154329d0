"""Stamps: what a recipe's stage made a folder from, so that a later stage never uses old data without a word.

A stamp is ``<folder>/.stamp/<stage>.json``: ``{"stage", "options", "inputs": {path: sha256}, "recordings": {table:
sha256}, "made"}``. It is withdrawn when the stage begins; until it ends, ``<stage>.begun`` stands in its place. No hash
depends on times or on the machine, so the same inputs give the same stamp. What stands for an input is told by
`audiolab.datadir.fingerprint`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import audiolab
from audiolab.datadir.fingerprint import STAMPS, fingerprint, is_stamp, read_stamp, recordings_fingerprint, stamps_of
from audiolab.datadir.kinds import is_signal
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write


def begin_stage(
    folder: str | Path, stage: str, inputs: Iterable[str | Path] = (), options: Mapping[str, str] | None = None
) -> None:
    """Withdraw the stamp of a stage that is about to make ``folder``, and note what it reads.

    Args:
        folder: What the stage makes.
        stage: The stage's name.
        inputs: The files and folders that the stage reads, as seen from the recipe's folder.
        options: The options that change the result.

    Raises:
        AudiolabError: An input is missing, and nothing is changed; or the folder cannot be written.
    """
    note = {
        "stage": stage,
        "options": {key: str(value) for key, value in sorted((options or {}).items())},
        **_prints(inputs),
    }
    _write(_begun_path(folder, stage), note)
    _stamp_path(folder, stage).unlink(missing_ok=True)


def commit_stage(folder: str | Path, stage: str, further: Iterable[str | Path] = ()) -> None:
    """Write the stamp of a stage that has made all of ``folder``.

    Args:
        folder: What the stage made.
        stage: The stage's name; `begin_stage` was called for it.
        further: Inputs that were not there at its beginning, such as tables that it made and that later stages read.

    Raises:
        AudiolabError: The stage was not begun; an input is another one than at its beginning, or is missing.
    """
    begun = _begun_path(folder, stage)
    if not begun.is_file():
        raise AudiolabError(f"{folder}: stage '{stage}' was not begun; run it from its beginning")
    note = read_stamp(begun)
    for source, then in note["inputs"].items():
        if fingerprint(source) != then:
            raise AudiolabError(f"{source} was changed while stage '{stage}' made {folder}: run it again")
    for source, then in note["recordings"].items():
        if recordings_fingerprint(source) not in (then, None):
            raise AudiolabError(f"a recording of {source} was changed while stage '{stage}' ran: run it again")
    added = _prints(further)
    inputs, recordings = ({**note[key], **added[key]} for key in ("inputs", "recordings"))
    stamp = {
        **note,
        "inputs": dict(sorted(inputs.items())),
        "recordings": dict(sorted(recordings.items())),
        "made": f"audiolab {audiolab.__version__}",
    }
    _write(_stamp_path(folder, stage), stamp)
    begun.unlink()


def withdraw(folder: str | Path, stage: str) -> None:
    """Remove the stamp of a stage, for what it tells of is about to be overwritten."""
    _stamp_path(folder, stage).unlink(missing_ok=True)


def write_stamp(
    folder: str | Path, stage: str, inputs: Iterable[str | Path], options: Mapping[str, str] | None = None
) -> None:
    """Record what ``folder`` was made from, where that took so short that nothing can have changed meanwhile."""
    begin_stage(folder, stage, inputs, options)
    commit_stage(folder, stage)


def check_stamp(
    folder: str | Path, stage: str, calls: Mapping[str, str] | None = None, options: Mapping[str, str] | None = None
) -> None:
    """Check that ``folder`` was made, and from its inputs as they are now.

    Inputs that are stamped folders, or stamps, are checked in the same way first. Another input that is gone, as a
    corpus that was deleted after its preparation, cannot have become newer and is passed over.

    Args:
        folder: What the stage made.
        stage: The stage's name.
        calls: How the user calls stages, by name: `stage_calls`.
        options: Options that the folder must have been made with.

    Raises:
        AudiolabError: The folder was never made or not to its end, or is older than one of its inputs or options.
    """
    StampCheck(calls).check(Path(folder), stage, options or {})


def stage_calls(stages: str) -> dict[str, str]:
    """Return how the user calls stages, by name.

    >>> stage_calls("0:data 1:features")
    {'data': 'stage 0 (data)', 'features': 'stage 1 (features)'}
    """
    numbered = (entry.partition(":") for entry in stages.split())
    return {name: f"stage {number} ({name})" for number, _, name in numbered}


def is_fresh(folder: str | Path, stage: str, options: Mapping[str, str] | None = None) -> bool:
    """Return whether `check_stamp` would pass, where all stamps that the folder's stands on are known to be whole.

    Only the folder's own inputs are looked at; of a stamp among them, what it says.
    """
    try:
        StampCheck(deep=False).check(Path(folder), stage, options or {})
    except AudiolabError:
        return False
    return True


class StampCheck:
    """A check of a stamp and, if ``deep``, of those that it stands on; each input is looked at once.

    ``calls`` are those of `check_stamp`; what a stage makes of several has its name with ``_`` and what it is behind.
    """

    def __init__(self, calls: Mapping[str, str] | None = None, deep: bool = True) -> None:
        self.calls = calls or {}
        self.deep = deep
        self.checked: set[Path] = set()
        self.prints: dict[str, str] = {}

    def call_of(self, stage: str) -> str:
        """Return how the user calls a stage: ``stage 1 (features)``."""
        name = stage
        while name and name not in self.calls:
            name = name.rpartition("_")[0]
        return self.calls.get(name, f"stage '{stage}'")

    def check(self, folder: Path, stage: str, options: Mapping[str, str]) -> None:
        """Raise as `check_stamp`."""
        path, made_by = _stamp_path(folder, stage), self.call_of(stage)
        if _begun_path(folder, stage).is_file():
            raise AudiolabError(f"{folder} was begun and is not whole: run {made_by} again")
        if not path.is_file():
            others = path.parent.is_dir() and any(path.parent.iterdir())
            what = "is not made so far" if others else "was never made"
            raise AudiolabError(f"{folder} {what}: run {made_by} first")
        stamp = read_stamp(path)
        for key, value in options.items():
            was = stamp["options"].get(key)
            if was != str(value):
                raise AudiolabError(
                    f"{folder} was made with {key}={was}, not {key}={value}: run {made_by} again, or give what it was "
                    "made with"
                )
        if path in self.checked:
            return
        self.checked.add(path)
        for source, then in stamp["inputs"].items():
            if self.is_newer(Path(source), then):
                raise AudiolabError(f"{folder} was made from an older {source}: run {made_by} again")
        for source, then in stamp["recordings"].items():
            now = recordings_fingerprint(source) if Path(source).is_file() else None
            if now not in (then, None):
                raise AudiolabError(f"{folder} was made from other recordings in {source}: run {made_by} again")

    def is_newer(self, source: Path, then: str) -> bool:
        """Return whether an input has another fingerprint than it had, having checked the stamps that it has or is."""
        if not self.deep:
            return fingerprint(source) != then if source.exists() else is_stamp(source)
        if is_stamp(source):
            self.check(source.parents[1], source.stem, {})
        elif not source.exists():
            return False
        for other in stamps_of(source):
            self.check(source, other.stem, {})
        for begun in (source / STAMPS).glob("[!.]*.begun"):
            self.check(source, begun.stem, {})
        if str(source) not in self.prints:
            self.prints[str(source)] = fingerprint(source)
        return self.prints[str(source)] != then


def _prints(inputs: Iterable[str | Path]) -> dict[str, dict[str, str]]:
    """Return what stands for the inputs, and for the recordings that tables among them name."""
    names = sorted(map(str, inputs))
    tables = (name for name in names if is_signal(Path(name).name))
    recordings = {name: recordings_fingerprint(name) for name in tables}
    for name, found in recordings.items():
        if found is None:
            raise AudiolabError(f"{name}: a recording that it names is missing; run the stage that makes the table")
    return {"inputs": {name: fingerprint(name) for name in names}, "recordings": recordings}


def _stamp_path(folder: str | Path, stage: str) -> Path:
    return Path(folder) / STAMPS / f"{stage}.json"


def _begun_path(folder: str | Path, stage: str) -> Path:
    return Path(folder) / STAMPS / f"{stage}.begun"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    with atomic_write(path) as file:
        json.dump(content, file, indent=2)  # in ASCII, for a path need not be UTF-8
        file.write("\n")
