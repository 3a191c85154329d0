"""Reading archives that come from elsewhere: zip, and tar, plain or compressed, to the very end of the stream.

A compressed stream has its checksum at its end, behind the last member, where no member's reader gets to. A tar has a
block of zeros there, without which it was cut.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from audiolab.errors import AudiolabError, shown

MOST_MEMBERS = 1_000_000
"""Members that an archive may have; their names are held in memory."""

_BLOCK = 1 << 20
"""Bytes that are read at a time; a tar's header that asks for more is none."""

_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, NotImplementedError, ValueError,
    RuntimeError, KeyError, IndexError,
)  # fmt: skip
"""What the standard library raises for damaged archives, beside OSError."""

_COMPRESSED: dict[bytes, Callable[..., IO[bytes]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"]\0\0": lzma.open,
}
"""How a compressed file begins -> what opens it."""


@dataclass(frozen=True)
class Member:
    """One entry of an archive.

    Attributes:
        name: As stored.
        kind: ``file``, ``folder``, or what else it is.
        size: As declared, bytes.
        blocks: Yields its bytes, in the archive's order of members at no extra cost; raises as `open_archive`.
    """

    name: str
    kind: str
    size: int
    blocks: Callable[[], Iterator[bytes]]


@contextlib.contextmanager
def open_archive(archive: Path) -> Iterator[list[Member]]:
    """Give the members of a zip or tar; when the block ends well, what stands behind the last of them is read too.

    Raises:
        AudiolabError: It is no archive, cannot be read, or is damaged.
    """
    with contextlib.ExitStack() as stack:
        with _reading(archive):
            file = stack.enter_context(open(archive, "rb"))
            head = file.read(8)
            file.seek(0)
            if head.startswith(b"PK"):
                opened = stack.enter_context(zipfile.ZipFile(file))
                members = [_zip_member(archive, opened, info) for info in opened.infolist()]
                stream = None
            else:
                opener = next((opener for magic, opener in _COMPRESSED.items() if head.startswith(magic)), None)
                stream = stack.enter_context(opener(file)) if opener else file
                members = _tar_members(archive, stream)
        yield members
        with _reading(archive):
            while stream is not None and stream.read(_BLOCK):
                pass


@contextlib.contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """Tell in one line whatever is raised by reading an archive."""
    advice = "delete it and download it again"
    try:
        yield
    except MemoryError as error:
        raise AudiolabError(f"{archive}: damaged, or needs more memory than there is; {advice}") from error
    except (*_BROKEN, OSError) as error:
        if getattr(error, "errno", None) is not None:
            raise AudiolabError(f"{archive}: cannot read it: {error.strerror}") from error
        raise AudiolabError(f"{archive}: damaged: {error or type(error).__name__}; {advice}") from error


def _blocks(archive: Path, open_member: Callable[[], IO[bytes]]) -> Iterator[bytes]:
    with contextlib.ExitStack() as stack:
        with _reading(archive):
            source = stack.enter_context(open_member())
        while True:
            with _reading(archive):
                block = source.read(_BLOCK)
            if not block:
                return
            yield block


def _zip_member(archive: Path, opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    mode = info.external_attr >> 16
    kind = "folder" if info.is_dir() else "file"
    if stat.S_ISLNK(mode):
        kind = "link"
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        kind = "device"
    elif info.flag_bits & 1:
        kind = "encrypted file"
    return Member(info.filename, kind, info.file_size, lambda: _blocks(archive, lambda: opened.open(info)))


def _tar_members(archive: Path, stream: IO[bytes]) -> list[Member]:
    try:
        opened = tarfile.TarFile(fileobj=_Headers(stream))
    except tarfile.ReadError as error:
        raise AudiolabError(
            f"{archive}: neither a zip nor a tar archive ({error}); delete it and download it again"
        ) from error
    members = []
    while (info := opened.next()) is not None:
        if info.size < 0:  # Python before 3.11.14 would go back in the file, and round for ever
            raise tarfile.ReadError(f"member {shown(info.name)} has a size of {info.size}")
        if len(members) == MOST_MEMBERS:
            raise tarfile.ReadError(f"more than {MOST_MEMBERS} members")
        members.append(_tar_member(archive, opened, info))
    stream.seek(opened.offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it ends before its end mark")
    return members


def _tar_member(archive: Path, opened: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    kind = (
        "folder" if info.isdir() else "file" if info.isreg() else "link" if info.issym() or info.islnk() else "device"
    )
    return Member(info.name, kind, info.size, lambda: _blocks(archive, lambda: opened.extractfile(info)))


class _Headers:
    """A stream of which no more is read at a time than a member's header or one block may have."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _BLOCK:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._stream.read(size)
