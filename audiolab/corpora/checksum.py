"""Checksums of downloaded files: those that publishers state, and those seen at the first download."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.base import RemoteFile
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write, digest
from audiolab.textfile import read_bytes


@dataclass(frozen=True)
class Checksum:
    """What a file's bytes must sum up to.

    Attributes:
        algorithm: ``sha256`` or ``md5``.
        value: Hexadecimal.
        recorded: Whether it was seen at an earlier download; False when the publisher states it.
    """

    algorithm: str
    value: str
    recorded: bool = False

    def fault(self, path: Path) -> str | None:
        """Return how the file at ``path`` differs, or None."""
        seen = digest(path, self.algorithm)
        return None if seen == self.value.lower() else f"expected {self.algorithm} {self.value}, got {seen}"


def expected_checksums(file: RemoteFile, target: Path) -> list[Checksum]:
    """Return what ``target`` must sum up to: what its publisher states, else what ``<target>.sha256`` recorded.

    Raises:
        AudiolabError: The ``.sha256`` file is not one.
    """
    stated = [Checksum(name, value) for name in ("sha256", "md5") if (value := getattr(file, name)) is not None]
    record = _record_of(target)
    if stated or not record.exists():
        return stated
    words = read_bytes(record, "this checksum", largest=1 << 16).decode(errors="replace").split()
    if not words or not re.fullmatch("[0-9a-f]{64}", words[0]):
        raise AudiolabError(f"{record}: holds no sha256 sum; delete it and run this again")
    return [Checksum("sha256", words[0], recorded=True)]


def record_checksum(file: RemoteFile, target: Path) -> None:
    """Write ``<target>.sha256`` in sha256sum's format, unless the publisher states a sum or it is there already."""
    record = _record_of(target)
    if file.sha256 is None and file.md5 is None and not record.exists():
        with atomic_write(record) as out:
            out.write(f"{digest(target)}  {target.name}\n")


def _record_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.sha256")
