"""Stamps: what a recipe's stage made a folder from, so that a later stage never uses old data without a word.

A stamp is ``<folder>/.stamp/<stage>.json``: ``{"stage", "options", "inputs": {path: sha256}, "made"}``. No hash depends
on times or on the machine, so the same inputs give the same stamp. What stands for an input is

- a file: its contents, and if it is a YAML with a ``base`` those of the files that it stands on;
- a folder with stamps: these stamps (without "made"), and so, through them, everything that it was made from;
- a data dir without stamps: the contents of the files directly in it;
- any other folder, such as a corpus: the names and sizes of all files below it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import audiolab
from audiolab.config import yaml_files
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.text import read_json


def write_stamp(
    folder: str | Path, stage: str, inputs: Iterable[str | Path], options: Mapping[str, str] | None = None
) -> None:
    """Record what ``folder`` was made from; to be called when the stage has made all of it.

    Args:
        folder: What the stage made.
        stage: The stage's name.
        inputs: The files and folders that the stage read, as seen from the recipe's folder.
        options: The options that change the result.

    Raises:
        AudiolabError: An input is missing, or the stamp cannot be written.
    """
    stamp = {
        "stage": stage,
        "options": {key: str(value) for key, value in sorted((options or {}).items())},
        "inputs": {str(path): fingerprint(path) for path in sorted(map(str, inputs))},
        "made": f"audiolab {audiolab.__version__}",
    }
    with atomic_write(_stamp_path(folder, stage)) as file:
        json.dump(stamp, file, indent=2, ensure_ascii=False)
        file.write("\n")


def check_stamp(folder: str | Path, stage: str, made_by: str = "", options: Mapping[str, str] | None = None) -> None:
    """Check that ``folder`` was made, and from its inputs as they are now.

    Inputs that are stamped folders are checked in the same way first. An input that is gone, as a corpus that was
    deleted after its preparation, cannot have become newer and is passed over.

    Args:
        folder: What the stage made.
        stage: The stage's name.
        made_by: How the user calls the stage, such as ``"stage 1 (features)"``; the stage's name when empty.
        options: Options that the folder must have been made with.

    Raises:
        AudiolabError: The folder was never made, or is older than one of its inputs or options.
    """
    made_by = made_by or f"stage '{stage}'"
    path = _stamp_path(folder, stage)
    if not path.is_file():
        raise AudiolabError(f"{folder} was never made: run {made_by} first")
    stamp = _read_stamp(path)
    for key, value in (options or {}).items():
        was = stamp["options"].get(key)
        if was != str(value):
            raise AudiolabError(f"{folder} was made with {key}={was}, not {key}={value}: run {made_by} again")
    for source, then in stamp["inputs"].items():
        if not os.path.exists(source):
            continue
        for other in _stamps(source):
            check_stamp(source, other.stem)
        if fingerprint(source) != then:
            raise AudiolabError(f"{folder} was made from an older {source}: run {made_by} again")


def fingerprint(path: str | Path) -> str:
    """Return the SHA-256 that stands for an input: see the module's text; `AudiolabError` when it is missing."""
    path = Path(path)
    digest = hashlib.sha256()
    if path.is_file():
        for file in yaml_files(path) if path.suffix == ".yaml" else [path]:
            _add_file(digest, file)
        return digest.hexdigest()
    if not path.is_dir():
        raise AudiolabError(f"{path}: this input of the stage is missing")
    stamps = _stamps(path)
    if stamps:
        for file in stamps:
            stamp = {key: value for key, value in _read_stamp(file).items() if key != "made"}
            digest.update(json.dumps(stamp, sort_keys=True).encode() + b"\0")
    elif (path / "utt2spk").is_file():
        for file in sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith(".")):
            digest.update(os.fsencode(file.name) + b"\0")
            _add_file(digest, file)
    else:
        for name, size in _listing(path):
            digest.update(os.fsencode(name) + f"\0{size}\0".encode())
    return digest.hexdigest()


def _add_file(digest: hashlib._Hash, path: Path) -> None:
    digest.update(f"{path.stat().st_size}\0".encode())
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)


def _listing(folder: Path) -> list[tuple[str, int]]:
    files = (Path(root, name) for root, _, names in os.walk(folder) for name in names)
    return sorted((file.relative_to(folder).as_posix(), file.stat().st_size) for file in files)


def _stamp_path(folder: str | Path, stage: str) -> Path:
    return Path(folder) / ".stamp" / f"{stage}.json"


def _stamps(folder: str | Path) -> list[Path]:
    return sorted((Path(folder) / ".stamp").glob("[!.]*.json"))


def _read_stamp(path: Path) -> dict[str, dict[str, str]]:
    advice = "run the stage that makes this folder again"
    try:
        stamp = read_json(path, "this stamp")
    except AudiolabError as error:
        raise AudiolabError(f"{path}: broken stamp ({error}); {advice}") from error
    if isinstance(stamp.get("options"), dict) and isinstance(stamp.get("inputs"), dict):
        return stamp
    raise AudiolabError(f"{path}: broken stamp; {advice}")
