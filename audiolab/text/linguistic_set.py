"""The universal linguistic feature set: what each value of a segment's vector tells, over all languages.

Columns are named by what they hold. What a language does not have is 0 there: its phones are never those of another
one's columns.

- ``b4``: a number of the context (`audiolab.text.context.NUMBERS`), in all languages; 0 where there is none.
- ``b1=2``, ``h5=question``: whether the context has this value.
- ``p3=sil``: whether the segment itself (p3) or a neighbour (p1, p2, p4, p5) is a silence or pause.
- ``p3.nasal``: whether it has this class of the IPA; ``b16.close``: whether the vowel of its syllable has.
- ``p3=ə``: whether it is this phone; ``p3=de:ə``: this phone of this language, where phones are kept apart by language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audiolab.errors import AudiolabError, shown
from audiolab.files import atomic_write
from audiolab.text.context import CONTENT, NAMES, NUMBERS
from audiolab.text.ipa import CLASSES, SHARED, VOWELS, classes_of
from audiolab.text.structure import CONTINUATION, ENDINGS, PAUSE, SILENCE, is_unit
from audiolab.textfile import parse_records, read_text

Phones = Literal["by_language", "shared"]

POSITIONS = {
    "p1": "the segment two before",
    "p2": "the segment before",
    "p3": "the segment",
    "p4": "the next segment",
    "p5": "the segment two behind",
}

NEIGHBOURS = 2
"""Most segments on each side whose identity may have columns; classes of so many have."""

ALL = "*"
"""In place of languages: what all of them have."""

VOWEL_CLASSES = ("vowel", *VOWELS, *SHARED)
"""Classes by which the vowels of syllables are told."""

_HEADER = ("name", "meaning", "languages")
_ADVICE = "make it with linguistic_set"


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: What it holds, as above.
        meaning: The same in words.
        languages: Codes of those that have it, sorted; (`ALL`,) of what every language has.
    """

    name: str
    meaning: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class LinguisticSet:
    """A set of linguistic features.

    Attributes:
        columns: In the order of a vector's values; further languages and phones only append.
        phones: Whether phones of languages are kept apart.
        neighbours: Segments on each side whose identity has columns, too, 0 to `NEIGHBOURS`.
    """

    columns: tuple[Column, ...]
    phones: Phones = "by_language"
    neighbours: int = NEIGHBOURS

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def languages(self) -> list[str]:
        """The languages of which it has phones."""
        return sorted({language for column in self.columns for language in column.languages} - {ALL})

    @property
    def of_units(self) -> bool:
        """Whether its segments are units of text in place of phones."""
        identities = (column.name.removeprefix("p3=") for column in self.columns if column.name.startswith("p3="))
        return any(is_unit(name.rpartition(":")[2]) for name in identities)


def set_of(
    found: Mapping[str, Iterable[str]],
    phones: Phones = "by_language",
    neighbours: int = NEIGHBOURS,
    base: LinguisticSet | None = None,
) -> LinguisticSet:
    """Return the set that languages need.

    Args:
        found: Language -> its phones, or units; silences and pauses among them do not matter.
        phones: Whether each language has columns of its own for its phones, or those of equal symbol share one.
        neighbours: Segments on each side whose identity has columns, 0 to `NEIGHBOURS`.
        base: A set that is extended: its columns keep their places, and what it lacks comes behind them, so that
            weights that were trained with it go on. ``phones`` and ``neighbours`` are then its own.

    Raises:
        AudiolabError: A phone is none of the IPA.
    """
    if base is not None:
        phones, neighbours = base.phones, base.neighbours
    columns = {column.name: column for column in base.columns} if base else {}
    wanted = {language: sorted(set(symbols) - {SILENCE, PAUSE}) for language, symbols in sorted(found.items())}
    in_ipa = any(not is_unit(symbol) for symbols in wanted.values() for symbol in symbols)
    for column in (*_of_contexts(), *(_of_classes() if in_ipa else ())):
        columns.setdefault(column.name, column)
    for language, symbols in wanted.items():
        for symbol in symbols:
            if not is_unit(symbol):
                classes_of(symbol)
            for position in _near(neighbours):
                name = f"{position}={identity(symbol, language, phones)}"
                known = columns[name].languages if name in columns else ()
                meaning = f"{POSITIONS[position]} is {symbol}"
                columns[name] = Column(name, meaning, tuple(sorted({*known, language})))
    return LinguisticSet(tuple(columns.values()), phones, neighbours)


def identity(symbol: str, language: str, phones: Phones) -> str:
    """Return what a phone is called in the names of columns."""
    return f"{language}:{symbol}" if phones == "by_language" else symbol


def _of_contexts() -> Iterable[Column]:
    """Yield the columns of numbers and values of the context, and of silences, that all languages have."""
    never = ("a2", "b2", "b10", "b11", "b14", "b15", "c2")
    stresses = ("a1", "b1", "c1")
    for name, meaning in NUMBERS.items():
        if name not in (*never, *stresses):
            yield Column(name, meaning, (ALL,))
    for name in stresses:
        for value, meaning in ((1, "primary"), (2, "secondary")):
            yield Column(f"{name}={value}", f"{NUMBERS[name].partition(':')[0]} is {meaning}", (ALL,))
    for name in ("d1", "e1", "f1"):
        yield Column(f"{name}={CONTENT}", f"{NAMES[name]}: has a stress", (ALL,))
    for value in (*dict.fromkeys(ENDINGS.values()), CONTINUATION):
        yield Column(f"h5={value}", f"the phrase is a {value}", (ALL,))
    for position, meaning in POSITIONS.items():
        for symbol, what in ((SILENCE, "silence at an end"), (PAUSE, "a pause")):
            yield Column(f"{position}={symbol}", f"{meaning} is {what}", (ALL,))


def _of_classes() -> Iterable[Column]:
    """Yield the columns of classes of the IPA."""
    for position, meaning in POSITIONS.items():
        for name in CLASSES:
            yield Column(f"{position}.{name}", f"{meaning} is {name.replace('_', ' ')}", (ALL,))
    for name in VOWEL_CLASSES:
        yield Column(f"b16.{name}", f"the vowel of the syllable is {name.replace('_', ' ')}", (ALL,))


def write_set(path: str | Path, features: LinguisticSet) -> None:
    """Write a set as a table of columns, TSV with a header, atomically."""
    with atomic_write(path) as file:
        file.write("\t".join(_HEADER) + "\n")
        for column in features.columns:
            file.write(f"{column.name}\t{column.meaning}\t{' '.join(column.languages)}\n")


def read_set(path: str | Path) -> LinguisticSet:
    """Return the set in a file of `write_set`; raises as `read_text` and `parse_set`."""
    return parse_set(read_text(path, "this set of linguistic features", _ADVICE), path)


def parse_set(text: str, path: str | Path) -> LinguisticSet:
    """Return the set in ``text``, which is of the file ``path``.

    Raises:
        AudiolabError: A column is unknown or stands twice; phones are by language in one column and shared in another,
            or of other neighbours. Names file and line.
    """
    columns: dict[str, Column] = {}
    fixed = {column.name for column in (*_of_contexts(), *_of_classes())}
    kinds: dict[str, set[str]] = {}
    for where, row in parse_records(text, path, _HEADER, "\t", quoted=False):
        name = row["name"]
        position, _, rest = name.partition("=")
        known = name in fixed or (position in POSITIONS and rest)
        if not known or name in columns:
            raise AudiolabError(
                f"{where}: the column {shown(name)} {'stands twice' if known else 'is unknown'}; {_ADVICE}"
            )
        columns[name] = Column(name, row["meaning"], tuple(row["languages"].split()))
        if name not in fixed:
            kinds.setdefault(rest, set()).add(position)
    if not kinds:
        raise AudiolabError(f"{path}: there is no phone in it; {_ADVICE}")
    apart = {":" in rest for rest in kinds}
    near = next(iter(kinds.values()))
    neighbours = (len(near) - 1) // 2
    if len(apart) > 1 or any(positions != near for positions in kinds.values()) or near != set(_near(neighbours)):
        raise AudiolabError(f"{path}: its phones have unlike columns; {_ADVICE}")
    return LinguisticSet(tuple(columns.values()), "by_language" if apart.pop() else "shared", neighbours)


def _near(neighbours: int) -> list[str]:
    """Return the positions whose identity has columns."""
    return list(POSITIONS)[NEIGHBOURS - neighbours : NEIGHBOURS + neighbours + 1]
