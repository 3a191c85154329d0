"""The files of one trained model: in a training run's folder, or in a zip that was made of one."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from audiolab.errors import AudiolabError, shown
from audiolab.textfile import read_bytes

LARGEST = 1 << 31
"""Bytes that a file of a model may have."""

_RATIO, _ALLOWED = 8, 1 << 26
"""A member of a zip may inflate to 8 times its size, for weights hardly shrink, or to 64 MiB."""

HINT = "give a training run's folder (exp/…_s<seed>) whose training has saved at least once, or its zip"


def read_files(model: Path, limits: dict[str, int]) -> dict[str, bytes]:
    """Return the contents of a model's files, all of one training.

    Args:
        model: The folder or zip.
        limits: Name of a file -> bytes that it may have.

    Raises:
        AudiolabError: There is no such folder or zip, a file is not in it, is larger, or is there several times.
    """
    if not model.exists():
        raise AudiolabError(f"{model}: no such model; {HINT}")
    if model.is_dir():
        for name in limits:
            if not (model / name).is_file():
                raise AudiolabError(f"{model}: has no {name}; {HINT}")
        return {name: read_bytes(model / name, largest=most) for name, most in limits.items()}
    try:
        with zipfile.ZipFile(model) as archive:
            places = _places(model, archive.namelist(), list(limits))
            return {name: _read(model, archive, archive.getinfo(place), limits[name]) for name, place in places.items()}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, OverflowError) as error:
        raise AudiolabError(f"{model}: neither a folder nor a sound zip of a model ({error}); {HINT}") from error


def _places(model: Path, members: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Return where in a zip each file is; raise unless all are there once, side by side."""
    found: dict[str, str] = {}
    for name in names:
        there = [member for member in members if member.split("/")[-1] == name]
        if not there:
            raise AudiolabError(f"{model}: has no {name}; {HINT}")
        if len(there) > 1:
            raise AudiolabError(f"{model}: holds several models, {shown(there)}; unpack it and give one of them")
        found[name] = there[0]
    if len({place.rpartition("/")[0] for place in found.values()}) > 1:
        raise AudiolabError(f"{model}: {shown(list(found.values()))} are of several models; take all from one training")
    return found


def _read(model: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise AudiolabError(f"{model}: {shown(member.filename)} is packed in a way that is not read here; use deflate")
    size = member.file_size
    if size > min(most, max(_ALLOWED, _RATIO * member.compress_size)):
        raise AudiolabError(f"{model}: {shown(member.filename)} of {size / 1e6:.1f} MB is too large for a model's")
    return archive.read(member)
