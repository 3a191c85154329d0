"""Phones of texts: words as written, what is said for each, and the punctuation around them.

Numbers, abbreviations and names are read as espeak-ng reads them aloud: by its rules and dictionaries, never by chance.
"""

from __future__ import annotations

import bisect
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.text.espeak import Line, Voice, language_files, speak_words
from audiolab.text.spoken import Phone, SpokenWord

_OPENING = ("Ps", "Pi")
"""Unicode's categories of what stands before a word, when it stands alone."""


_STOPS = frozenset(",;:.!?…‥—–―()[]{}¿¡")
"""Marks of punctuation at which one may stop; a hyphen is one where it stands apart. Quotation marks are none."""

_REST = 0.06
"""Seconds of silence between words from which on espeak-ng has stopped: 0.1 at dashes, and 0.02 in "Mr. Smith"."""

_UNSAID = str.maketrans(dict.fromkeys("«»‹›„‟“”「」『』", " "))
"""Quotation marks, which some languages would have said by name; places in the text stay as they are."""


class NoWord(AudiolabError):
    """Nothing is said for a text."""


@dataclass(frozen=True)
class Word:
    """A word as it is said.

    Attributes:
        text: As written, without the punctuation around it. Words that are said as one have one text ("of the"); where
            one is said in several, as a number, the first of these has the text and the others an empty one.
        phones: At least one.
        before: Punctuation before it, as ``“`` or ``(``.
        after: Punctuation behind it, as ``,`` or ``…)``; with a space where it stands apart (``" —"``).
        pause: Whether one stops behind it: there is a mark of punctuation, and espeak-ng is silent there. Not of the
            last word of a text.
    """

    text: str
    phones: tuple[Phone, ...]
    before: str = ""
    after: str = ""
    pause: bool = False


def has_stop(marks: str) -> bool:
    """Return whether marks of punctuation, as of `Word`, have one at which one may stop: ``—``, and not ``”``."""
    return not _STOPS.isdisjoint(marks) or "-" in marks.split()


def phonemise(texts: Sequence[str], language: str) -> list[list[Word]]:
    """Return the words of each text; the same for a text whatever other texts are asked for with it.

    Words of other languages have the phones of these where espeak-ng knows them.

    Args:
        texts: Plain text; white space of any kind counts as one space.
        language: Its code, as ``fr`` or ``pt-br``, in small or large letters; ``en`` is British.

    Raises:
        NoWord: Nothing is said for a text.
        AudiolabError: espeak-ng is missing or has no such language.
    """
    files = language_files()
    if language.lower() not in files:
        raise AudiolabError(f"there are no phones of the language '{language}'{did_you_mean(language.lower(), files)}")
    plain = [" ".join(text.split()) for text in texts]
    spoken, rate = speak_words(Voice(files[language.lower()]), [Line(text.translate(_UNSAID)) for text in plain])
    found = []
    for text, said in zip(plain, spoken):
        if not said.words:
            raise NoWord(f"'{text[:80]}': there is no word in it; leave it out")
        found.append(list(_with_pauses(list(_words(text, said.words, rate)))))
    return found


def _with_pauses(words: Sequence[Word]) -> Iterator[Word]:
    """Yield words whose pauses are silences; keep those at punctuation."""
    for word, behind in zip(words, [*words[1:], None]):
        stops = behind is not None and has_stop(f"{word.after} {behind.before}")
        yield replace(word, pause=word.pause and stops)


def _words(text: str, spoken: Sequence[SpokenWord], rate: int) -> Iterator[Word]:
    """Yield the words of a text whose white space is single spaces; their pauses are silences of `_REST`."""
    written = [(found.start(), found[0]) for found in re.finditer(r"\S+", text)]
    starts = [start for start, _ in written]
    said: list[list[Word]] = [[] for _ in written]
    for word, behind in zip(spoken, [*spoken[1:], spoken[-1]]):
        rest = (behind.spans[0][0] - word.spans[-1][1]) / rate  # below 0 of the last word
        said[max(0, bisect.bisect_right(starts, word.place) - 1)].append(Word("", word.phones, pause=rest >= _REST))
    tokens = [token for _, token in written]
    for here, there in itertools.pairwise(range(len(tokens))):  # "- a" is said at the place of "-"
        if _is_punctuation(tokens[here]) and not said[there] and not _is_punctuation(tokens[there]):
            said[here], said[there] = said[there], said[here]
    for group in _joined(tokens, said):
        yield from _of_group(*group)


def _joined(tokens: Sequence[str], said: Sequence[list[Word]]) -> Iterator[tuple[str, list[Word], str, str]]:
    """Yield (token, what is said for it, what stands apart before it, and behind it).

    A token for which nothing is said belongs to the one before it: it is said with that, or is punctuation.
    """
    groups: list[tuple[str, list[Word], str, str]] = []
    waiting = ""
    for token, words in zip(tokens, said):
        if words:
            groups.append((token, words, waiting, ""))
            waiting = ""
        elif not groups or waiting or (_is_punctuation(token) and unicodedata.category(token[0]) in _OPENING):
            waiting += f"{token} "
        elif _is_punctuation(token) or groups[-1][3]:
            groups[-1] = (*groups[-1][:3], f"{groups[-1][3]} {token}")
        else:
            groups[-1] = (f"{groups[-1][0]} {token}", *groups[-1][1:])
    if waiting:
        groups[-1] = (*groups[-1][:3], f"{groups[-1][3]} {waiting.rstrip()}")
    yield from groups


def _of_group(token: str, spoken: Sequence[Word], apart_before: str, apart_after: str) -> Iterator[Word]:
    """Yield the words that are said for a token, the first of them with its text."""
    first, last = 0, len(token)
    if not _is_punctuation(token):  # else the signs themselves are said
        while _is_punctuation(token[first]):
            first += 1
        while _is_punctuation(token[last - 1]):
            last -= 1
    words = list(spoken)
    words[0] = replace(words[0], text=token[first:last], before=apart_before + token[:first])
    words[-1] = replace(words[-1], after=token[last:] + apart_after)
    yield from words


def _is_punctuation(text: str) -> bool:
    return all(unicodedata.category(character)[0] == "P" for character in text)
