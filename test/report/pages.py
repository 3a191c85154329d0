"""Pages under test: what is wrong with one, and what its players hold."""

import base64
import io
from html.parser import HTMLParser

import pytest
import soundfile

VOID = {"meta", "input", "br", "hr", "img", "link"}


class Checker(HTMLParser):
    """Collects what is wrong with a page, and what of it matters."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.problems, self.open, self.ids, self.tags, self.texts = [], [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs, closed=False):
        given = dict(attrs)
        self.tags.append((tag, given))
        if len(given) != len(attrs):
            self.problems.append(f"<{tag}> has an attribute twice")
        if "id" in given:
            if given["id"] in self.ids:
                self.problems.append(f"id {given['id']} twice")
            self.ids.append(given["id"])
        if tag == "img" and not given.get("alt"):
            self.problems.append("img without alt")
        if tag in {"svg", "audio"} and not (given.get("aria-label") or given.get("aria-labelledby")):
            self.problems.append(f"{tag} without a label")
        for name in ("src", "href", "xlink:href", "action", "data"):
            value = given.get(name, "")
            if value.startswith(("http:", "https:", "//", "/", "file:")):
                self.problems.append(f"<{tag} {name}={value[:60]}> lies outside")
            if value.startswith("#") and tag == "a":
                self.tags.append(("anchor", {"to": value[1:]}))
        if tag not in VOID and not closed:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs, closed=True)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()} closes nothing")

    def handle_data(self, data):
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)

    def all(self, tag):
        return [given for name, given in self.tags if name == tag]


@pytest.fixture(scope="session")
def check():
    """Return the checker of pages."""
    return Checker


@pytest.fixture(scope="session")
def decoded():
    """Return a function that gives (samples, rate) of a player's data URI."""

    def decode(uri):
        head, _, data = uri.partition(",")
        assert head == "data:audio/flac;base64"
        return soundfile.read(io.BytesIO(base64.b64decode(data)), dtype="float32")

    return decode
