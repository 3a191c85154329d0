"""A page: a list of sections, put into one HTML file that needs nothing else and loads nothing.

A recipe's report builds its sections from the helpers here (`facts`, `plot`, `player`, `fold`, …), from
`audiolab.report.tables` and `audiolab.report.plots`, and hands them to `render`. Everything given as ``str`` is
escaped; `markupsafe.Markup` is HTML already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup, escape

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Text = str | Markup


@dataclass(frozen=True)
class Section:
    """A part of a page with its heading.

    Attributes:
        title: Its heading, and its entry in the table of contents.
        body: HTML; text that is no `Markup` is escaped.
    """

    title: str
    body: Text

    @property
    def anchor(self) -> str:
        """The id that links to the section."""
        return slug(self.title)


def render(title: str, sections: Sequence[Section], subtitle: str = "", footer: str = "") -> str:
    """Return a whole HTML page.

    Raises:
        AudiolabError: Two sections have the same anchor.
    """
    anchors = [section.anchor for section in sections]
    doubled = sorted({anchor for anchor in anchors if anchors.count(anchor) > 1})
    if doubled:
        raise AudiolabError(f"page '{title}': two sections are called '{doubled[0]}'; rename one")
    return template("page.html", title=title, subtitle=subtitle, sections=sections, footer=footer)


def write(path: str | Path, page: str) -> None:
    """Write a page, atomically."""
    with atomic_write(path) as file:
        file.write(page)


def template(name: str, **values: Any) -> str:
    """Return one of ``audiolab/report/templates`` with ``values`` put in; in HTML they are escaped unless `Markup`."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("audiolab.report"),
        autoescape=jinja2.select_autoescape(("html",)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(**values)


def join(*parts: Text) -> Markup:
    """Return parts one after another; those that are plain text are escaped."""
    return Markup("\n").join(escape(part) for part in parts if part)


def note(text: Text) -> Markup:
    """Return a paragraph in smaller, muted type: conditions, how to read what stands above."""
    return Markup('<p class="note">{}</p>').format(text)


def heading(text: str) -> Markup:
    """Return a heading within a section."""
    return Markup("<h3>{}</h3>").format(text)


def bullets(items: Sequence[Text], kind: str = "note") -> Markup:
    """Return a list, in muted type unless ``kind`` is another CSS class."""
    return Markup('<ul class="{}">{}</ul>').format(
        kind, Markup("").join(Markup("<li>{}</li>").format(i) for i in items)
    )


def facts(values: Mapping[str, Text]) -> Markup:
    """Return names and values side by side, as a description list."""
    rows = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in values.items())
    return Markup('<dl class="facts">{}</dl>').format(Markup("").join(rows))


def code(text: str) -> Markup:
    """Return text in a fixed-width block."""
    return Markup('<pre tabindex="0"><code>{}</code></pre>').format(text)


def inline_code(text: str) -> Markup:
    """Return a name, path or command within a sentence."""
    return Markup("<code>{}</code>").format(text)


def fold(summary: Text, body: Text, is_open: bool = False) -> Markup:
    """Return what unfolds when its summary is clicked."""
    return Markup("<details{}><summary>{}</summary>\n{}\n</details>").format(
        Markup(" open") if is_open else "", summary, body
    )


def plot(drawn: Figure, name: str, alt: str, caption: Text = "", wide: bool = False) -> Markup:
    """Return a figure as inline SVG.

    Args:
        drawn: The figure.
        name: Unique in the page.
        alt: What the plot shows, in words, for those who do not see it.
        caption: Printed below.
        wide: On a narrow screen, keep it wide and let it scroll, in place of shrinking it.
    """
    from audiolab.report import style  # it loads matplotlib, which pages without plots do without

    picture = Markup(style.svg(drawn, name)).replace("<svg", Markup('<svg role="img" aria-label="{}"').format(alt), 1)
    below = Markup("<figcaption>{}</figcaption>").format(caption) if caption else Markup("")
    return Markup('<figure class="plot{}"{}>{}{}</figure>').format(
        " wide" if wide else "", Markup(' tabindex="0"') if wide else "", picture, below
    )


def grid(parts: Sequence[Markup], large: bool = False) -> Markup:
    """Return parts side by side, as many as the screen is wide: three on a desk, or two ``large`` ones."""
    return Markup('<div class="grid{}">{}</div>').format(" large" if large else "", Markup("\n").join(parts))


def player(source: str, label: str) -> Markup:
    """Return an audio player for a data URI (`audiolab.report.audio.data_uri`); ``label`` says what is heard."""
    return Markup('<audio controls preload="none" aria-label="{}" src="{}"></audio>').format(label, source)


def slug(text: str) -> str:
    """Return a text as an id.

    >>> slug("Loss & score curves")
    'loss-score-curves'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
