"""What stands for an input of a recipe's stage: a SHA-256 that changes with the input, and with no time or machine.

- a file: its contents, and if it is a YAML with a ``base`` those of the files that it stands on;
- a table of audio (``wav.scp``, ``spk1.scp`` …): its contents and, apart from them, the recordings that it names;
- a folder with stamps: these stamps (without "made"), and so, through them, everything that it was made from;
- a data dir without stamps: the contents of the files directly in it;
- any other folder, such as a corpus: the names and sizes of all files below it.

A recording counts by its size and `PLACES` pieces of it, spread evenly from its first to its last byte; where all that
a table names have `WHOLE` bytes or less together, by all of its bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from audiolab.config import yaml_files
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.entry import files_of
from audiolab.datadir.kinds import is_signal
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError
from audiolab.textfile import read_json
from audiolab.waiting import told

STAMPS = ".stamp"
"""Name of the folder of a folder's stamps."""

WHOLE = 1 << 28
"""Bytes of recordings that are read whole: as much as is read in a second or two."""

PLACES = 3
PIECE = 4096
"""Bytes of each of the `PLACES` of a recording, which a disk reads at once."""

_THREADS = 16


def fingerprint(path: str | Path) -> str:
    """Return the SHA-256 that stands for an input: see the module's text; `AudiolabError` when it is missing."""
    path = Path(path)
    digest = hashlib.sha256()
    if path.is_file():
        for file in yaml_files(path) if path.suffix == ".yaml" else [path]:
            _add_file(digest, file)
        return digest.hexdigest()
    if not path.is_dir():
        raise AudiolabError(
            f"{path}: there is no such file or folder, which this stage reads; see the option that names it"
        )
    stamps = stamps_of(path)
    if stamps:
        for file in stamps:
            stamp = {key: value for key, value in read_stamp(file).items() if key != "made"}
            digest.update(json.dumps(stamp, sort_keys=True).encode() + b"\0")
    elif (path / "utt2spk").is_file():
        for file in sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith(".")):
            digest.update(os.fsencode(file.name) + b"\0")
            _add_file(digest, file)
    else:
        for name, size in _listing(path):
            digest.update(name + b"\0%d\0" % size)
    return digest.hexdigest()


def recordings_fingerprint(table: str | Path, most: int | None = None) -> str | None:
    """Return the SHA-256 that stands for the recordings that a table of audio names; None where one is gone.

    Commands in a table count by what the table says; archives by their files.

    Args:
        table: The table.
        most: How many recordings are looked at where it names more, spread evenly over their names; None: all.
    """
    files = sorted({file for name, entry in read_table(table).items() for file in files_of(entry, f"{table}: {name}")})
    if most is not None:
        files = files[:: -(-len(files) // most) or 1]
    try:
        return _add_recordings(hashlib.sha256(), files, table).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AudiolabError(f"{error.filename}: cannot read this recording: {error.strerror}") from error


def data_dir_fingerprint(path: str | Path) -> str:
    """Return the SHA-256 that stands for a data dir as it is now, whatever its stamps say: tables and recordings.

    Recordings that cannot be read count as such, and entries that are none by what they say.

    Raises:
        AudiolabError: There is no such dir, or a table of audio is broken.
    """
    datadir, digest = DataDir(path), hashlib.sha256()
    for name in (*datadir.names, *datadir.settings):
        digest.update(os.fsencode(name) + b"\0")
        _add_file(digest, datadir.path / name)
        if not is_signal(name):
            continue
        files = set()
        for entry in datadir.table(name).values():
            with contextlib.suppress(AudiolabError):
                files.update(files_of(entry))
        readable = {file for file in files if os.path.isfile(file) and os.access(file, os.R_OK)}
        digest.update(json.dumps(sorted(files - readable)).encode() + b"\0")
        _add_recordings(digest, readable, datadir.path / name)
    return digest.hexdigest()


def stamps_of(folder: str | Path) -> list[Path]:
    """Return the stamps of a folder; none where it has none or is no folder."""
    return sorted((Path(folder) / STAMPS).glob("[!.]*.json"))


def is_stamp(path: Path) -> bool:
    """Return whether a path is that of a stamp, whether it is there or not."""
    return path.parent.name == STAMPS and path.suffix == ".json"


def read_stamp(path: Path) -> dict[str, Any]:
    """Return what a stamp says; `AudiolabError` where it is broken."""
    advice = "run the stage that makes this folder again"
    try:
        stamp = read_json(path, "this stamp")
    except AudiolabError as error:
        raise AudiolabError(f"{path}: broken stamp ({error}); {advice}") from error
    if all(isinstance(stamp.get(key), dict) for key in ("options", "inputs", "recordings")):
        return stamp
    raise AudiolabError(f"{path}: broken stamp; {advice}")


def _add_recordings(digest: hashlib._Hash, files: Collection[str], table: str | Path) -> hashlib._Hash:
    """Add files that a table names to a hash, and return it; raises OSError where one cannot be read."""
    files = sorted(files)
    with ThreadPoolExecutor(_THREADS) as pool:
        sizes = list(pool.map(os.path.getsize, files))
        pieces = 0 if sum(sizes) <= WHOLE else PLACES
        samples = pool.map(lambda file: _sample(file, pieces), files, chunksize=64)
        contents = list(told(samples, f"recordings of {table}", len(files)))
    for size, content in zip(sizes, contents):
        digest.update(b"%d\0" % size + content)
    return digest


def _sample(file: str, pieces: int) -> bytes:
    """Return a hash of so many pieces of a file, or of all of it for 0 or where the pieces would be that."""
    digest = hashlib.sha256()
    with open(file, "rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        if pieces == 0 or size <= pieces * PIECE:
            _add_contents(digest, opened)
        else:
            for piece in range(pieces):
                opened.seek((size - PIECE) * piece // (pieces - 1))
                digest.update(opened.read(PIECE))
    return digest.digest()


def _add_file(digest: hashlib._Hash, path: Path) -> None:
    digest.update(b"%d\0" % path.stat().st_size)
    with open(path, "rb") as file:
        _add_contents(digest, file)


def _add_contents(digest: hashlib._Hash, file: IO[bytes]) -> None:
    while block := file.read(1 << 20):
        digest.update(block)


def _listing(folder: Path) -> Iterator[tuple[bytes, int]]:
    """Yield (path below the folder, size) of all files, in order; links are followed, to each folder once."""
    top, seen = os.fsencode(folder), set()
    for root, folders, names in os.walk(top, followlinks=True):
        folders.sort()
        if os.path.realpath(root) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(root))
        for name in sorted(names):
            file = os.path.join(root, name)
            yield os.path.relpath(file, top), os.stat(file, follow_symlinks=os.path.exists(file)).st_size
