"""HTTP's rules for continuing a download (RFC 9110, sections 8.8, 13.1.5 and 14): which version, from which byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from audiolab.corpora.base import RemoteFile
from audiolab.errors import AudiolabError


@dataclass(frozen=True)
class Version:
    """What identifies one version of a served file; all None when nothing is known.

    Attributes:
        etag: The entity tag, with its quotes.
        modified: The Last-Modified date, as sent.
        size: Whole length in bytes.
    """

    etag: str | None = None
    modified: str | None = None
    size: int | None = None

    @property
    def validator(self) -> str | None:
        """What an If-Range header may hold: a strong entity tag, else the date."""
        strong = self.etag is not None and not self.etag.startswith("W/")
        return self.etag if strong else self.modified

    def resumable(self, checked: bool) -> bool:
        """Return whether a part of this version may be continued.

        Without a validator two versions of one size cannot be told apart; then only a checksum (``checked``) saves us.
        """
        return self.size is not None and (self.validator is not None or checked)

    def same(self, other: Version) -> bool:
        """Return whether ``other`` says nothing that this version contradicts."""
        pairs = ((self.etag, other.etag), (self.modified, other.modified), (self.size, other.size))
        return all(mine == theirs for mine, theirs in pairs if mine is not None and theirs is not None)


def headers_for(version: Version, have: int) -> dict[str, str]:
    """Return the request headers that ask for all from byte ``have`` on of ``version``, or for the whole file."""
    headers = {"User-Agent": "audiolab", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if version.validator is not None:
            headers["If-Range"] = version.validator
    return headers


def place_of(status: int, headers: Mapping[str, str], file: RemoteFile) -> tuple[int, Version]:
    """Return the byte at which a response's body begins, and the version that it is of.

    Raises:
        AudiolabError: The response is a web page, or does not say how long the file is or which part comes.
    """
    if headers.get("Content-Type", "").startswith("text/html") and not file.name.endswith((".html", ".htm")):
        raise AudiolabError(
            f"{file.name}: a web page came in place of the file from {file.url}; "
            "look at it in a browser, fetch the file by hand and put it in the same folder"
        )
    start, size = 0, headers.get("Content-Length")
    if status == 206:
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", "").strip())
        if span is None:
            raise AudiolabError(f"{file.name}: {file.url} sent a part without saying which; fetch it by hand")
        start, size = int(span[1]), span[2]
    if size is None and file.size is None:
        raise AudiolabError(f"{file.name}: {file.url} does not say how long the file is; fetch it by hand")
    served = int(size) if size is not None else file.size
    return start, Version(headers.get("ETag"), headers.get("Last-Modified"), served)
