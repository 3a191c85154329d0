"""Fetching a corpus's files over HTTP: resumed where they broke off, never joined from two versions, always checked.

A file grows as ``<name>.part``; ``<name>.part.json`` beside it holds what identifies the version it is a part of (ETag,
Last-Modified, size). Only a file that is whole and checked gets its name. Where its publisher states no checksum, the
one seen is kept in ``<name>.sha256`` (sha256sum's format) and later downloads are held against it.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import logging
import os
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from audiolab.corpora.base import RemoteFile
from audiolab.corpora.checksum import Checksum, expected_checksums, record_checksum
from audiolab.corpora.ranges import Version, headers_for, place_of
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write, sync_file, sync_folder, try_lock
from audiolab.textfile import read_json
from audiolab.waiting import bytes_told

BLOCK = 1 << 18
LONGEST_WAIT = 60.0
RETRIED = {408, 425, 429, 500, 502, 503, 504}


class _Retry(Exception):
    """This attempt failed in a way that another may not; the message says how."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def download(
    file: RemoteFile, dest: str | Path, attempts: int = 6, backoff: float = 1.0, timeout: float = 30.0
) -> Path:
    """Fetch ``file`` into the folder ``dest``; do nothing but check it when it is there already.

    Args:
        file: What to fetch.
        dest: Folder; made if missing.
        attempts: How many attempts in a row may bring no new byte before it gives up.
        backoff: Seconds before the second attempt; doubled for each further one, one minute at most.
        timeout: Seconds without a byte after which an attempt has failed.

    Returns:
        The path of the whole, checked file.

    Raises:
        AudiolabError: It cannot be had (missing, server down, no space), or what is served does not have the
            expected size or checksum, twice.
    """
    if not file.url.startswith(("http://", "https://")):
        raise AudiolabError(f"{file.name}: not an http(s) address: {file.url}")
    target = Path(dest) / file.name
    expected = expected_checksums(file, target)
    if target.exists():
        fault = _fault(target, file, expected)
        if fault is None:
            record_checksum(file, target)
            return target
        logging.warning("%s: %s; fetching it again", target, fault)
    with _part_of(target) as part:
        fault = _fetch(file, part, expected, attempts, backoff, timeout)
        if fault is not None:
            logging.warning("%s: %s; discarded, fetching it once more", file.name, fault)
            fault = _fetch(file, part, expected, attempts, backoff, timeout)
        if fault is not None:
            raise AudiolabError(_refusal(file, fault, expected, target))
        return _keep(file, part, target)


def _fault(path: Path, file: RemoteFile, expected: list[Checksum]) -> str | None:
    """Return what is wrong with the whole file at ``path``, or None."""
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        return f"expected {file.size} bytes, got {size}"
    return next(filter(None, (checksum.fault(path) for checksum in expected)), None)


def _refusal(file: RemoteFile, fault: str, expected: list[Checksum], target: Path) -> str:
    recorded = any(checksum.recorded for checksum in expected)
    advice = "what is served is not the file that was described"
    if recorded:
        advice = f"the server's file has changed since {target.name}.sha256 was written; delete that to accept it"
    return f"{file.name}: {fault}, twice, from {file.url}; {advice}"


@contextlib.contextmanager
def _part_of(target: Path) -> Iterator[IO[bytes]]:
    """Open ``<target>.part`` for one process alone."""
    path = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab+") as part:
            if not try_lock(part, fcntl.flock):
                raise AudiolabError(f"{path}: another process is fetching this file; wait for it")
            try:
                yield part
            finally:
                if path.exists() and not path.stat().st_size:
                    path.unlink()
    except OSError as error:
        raise AudiolabError(f"{path}: cannot write: {error.strerror or error}; what came so far is kept") from error


def _keep(file: RemoteFile, part: IO[bytes], target: Path) -> Path:
    sync_file(part)
    os.replace(part.name, target)
    sync_folder(target.parent)
    _version_file(part).unlink(missing_ok=True)
    record_checksum(file, target)
    return target


def _discard(part: IO[bytes]) -> None:
    part.truncate(0)
    _version_file(part).unlink(missing_ok=True)


def _version_file(part: IO[bytes]) -> Path:
    return Path(f"{part.name}.json")


def _fetch(
    file: RemoteFile, part: IO[bytes], expected: list[Checksum], attempts: int, backoff: float, timeout: float
) -> str | None:
    """Bring ``part`` to its whole length and check it; return what is wrong with it, then discarded, or None.

    Attempts go on as long as they get further than any before.
    """
    failures, furthest = 0, part.seek(0, os.SEEK_END)
    while True:
        try:
            _attempt(file, part, bool(expected), timeout)
            break
        except _Retry as failure:
            have = part.seek(0, os.SEEK_END)
            failures = 0 if have > furthest else failures + 1
            furthest = max(furthest, have)
            if failures >= attempts:
                raise AudiolabError(f"{file.name}: {failure}, {failures} times in a row, from {file.url}") from failure
            wait = min(max(failure.wait, backoff * 2 ** max(failures - 1, 0)), LONGEST_WAIT)
            logging.warning("%s: %s; trying again in %.3g s", file.name, failure, wait)
            time.sleep(wait)
    fault = _fault(Path(part.name), file, expected)
    if fault is not None:
        _discard(part)
    return fault


def _attempt(file: RemoteFile, part: IO[bytes], checked: bool, timeout: float) -> None:
    """Ask for what is missing and append what comes; return when the file is whole."""
    version = _read_version(part)
    if not version.resumable(checked):
        _discard(part)
        version = Version()
    have = part.seek(0, os.SEEK_END)
    if have and have == version.size:
        return
    response = _open(file, headers_for(version, have), timeout)
    if response is None:  # 416: nothing stands behind what we have, so what we have is of something else
        _discard(part)
        raise _Retry("the server's file is shorter than the part here, which is discarded")
    with response:
        start, served = place_of(response.status, response.headers, file)
        if start and not version.same(served):
            _discard(part)
            raise _Retry("the server's file has changed, the part here is discarded")
        if start > have:
            raise _Retry(f"the server sent bytes from {start} on when asked from {have} on")
        if file.size not in (None, served.size):
            raise AudiolabError(f"{file.name}: expected {file.size} bytes, {file.url} has {served.size}")
        part.truncate(start)
        with atomic_write(_version_file(part)) as out:
            json.dump(served.__dict__, out)
        _check_space(file, part, served.size - start)
        _copy(response, file, part, start, served.size)


def _read_version(part: IO[bytes]) -> Version:
    try:
        return Version(**read_json(_version_file(part)))
    except (AudiolabError, TypeError):  # none, or half-written by an older audiolab
        return Version()


def _open(file: RemoteFile, headers: dict[str, str], timeout: float) -> Any:
    """Return the response (200 or 206), or None for 416; raise `_Retry` for what may pass."""
    try:
        return urllib.request.urlopen(urllib.request.Request(file.url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:
            return None
        if error.code in RETRIED:
            after = error.headers.get("Retry-After", "")
            wait = float(after) if after.isdecimal() else 0.0
            raise _Retry(f"the server answers {error.code} {error.reason}", wait) from error
        raise AudiolabError(
            f"{file.name}: the server answers {error.code} {error.reason} for {file.url}; "
            "fetch it by hand and put it in the same folder, or see whether it has moved"
        ) from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        if isinstance(reason, ssl.SSLCertVerificationError):
            message = f"{file.name}: cannot trust {file.url}: {reason.verify_message}; see this machine's certificates"
            raise AudiolabError(message) from error
        raise _Retry(f"no answer: {reason}") from error


def _check_space(file: RemoteFile, part: IO[bytes], missing: int) -> None:
    free = shutil.disk_usage(Path(part.name).parent).free
    if missing > free:
        raise AudiolabError(
            f"{file.name}: no space: {missing / 1e6:.1f} MB to come, {free / 1e6:.1f} MB free in "
            f"{Path(part.name).parent}; free some and run this again, what came so far is kept"
        )


def _copy(response: Any, file: RemoteFile, part: IO[bytes], start: int, size: int) -> None:
    """Append the response's body to ``part`` until it is ``size`` bytes long."""
    with bytes_told(file.name, size, start) as add:
        have = start
        while have < size:
            try:
                block = response.read(min(BLOCK, size - have))
            except (http.client.HTTPException, OSError) as error:
                part.flush()
                raise _Retry(f"broken off after {have} of {size} bytes: {error}") from error
            if not block:
                part.flush()
                raise _Retry(f"broken off after {have} of {size} bytes")
            part.write(block)
            have += len(block)
            add(len(block))
        part.flush()
