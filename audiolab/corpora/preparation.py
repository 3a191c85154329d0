"""What is taken of a corpus: the groups of options of which the configs of preparation are made.

A corpus's config is a dataclass that inherits the groups that it offers, all of them with defaults that take all, and
adds what only that corpus has. Where a count takes some of many, a hash of their names says which: so they are spread
over the corpus, stay the same whatever else is there, and a smaller count is a part of a larger one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from audiolab.config import option, to_dict
from audiolab.datadir.headers import Header
from audiolab.errors import OptionError, did_you_mean


class Member(Protocol):
    """What is chosen from: something of a set that tells its id, whose it is and in which language."""

    @property
    def utterance(self) -> str: ...

    @property
    def speaker(self) -> str: ...

    @property
    def language(self) -> str | None: ...


M = TypeVar("M", bound=Member)


@dataclass(frozen=True)
class Preparation:
    """What all configs of preparation have."""

    corpus: ClassVar[str]
    """The corpus's name."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a value out of range; each group checks its own, and calls the next one's."""

    def fits(self, header: Header) -> bool:
        """Return whether a recording is taken, as far as its header tells."""
        return True

    @property
    def made_with(self) -> dict[str, Any]:
        """What a data dir keeps about its preparation: plain values, and no path."""
        return {"corpus": self.corpus, **to_dict(self)}

    def _check_counts(self, *names: str) -> None:
        for name in names:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 or more")


@dataclass(frozen=True)
class Speakers(Preparation):
    """Speakers by name."""

    speakers: list[str] = option(list, "only these, by the ids that utt2spk has; empty: all")

    def of_speakers(self, sets: Mapping[str, Sequence[M]]) -> dict[str, list[M]]:
        """Return what the speakers have in each set, in its order.

        Raises:
            OptionError: A speaker is in none of the sets, or a set has none of the speakers.
        """
        if not self.speakers:
            return {name: list(members) for name, members in sets.items()}
        check_known("speakers", self.speakers, (member.speaker for members in sets.values() for member in members))
        left = {name: [one for one in members if one.speaker in self.speakers] for name, members in sets.items()}
        for name, members in sets.items():
            if members and not left[name]:
                there = " ".join(sorted({member.speaker for member in members})[:5])
                raise OptionError("speakers", f"none of them is in {name}; name some of its speakers, as {there}")
        return left


@dataclass(frozen=True)
class Counts(Preparation):
    """Fewer speakers, and fewer utterances of each."""

    max_speakers: int = option(0, "of a language in a set, no more; a hash of their names says which; 0: all")
    max_utterances: int = option(0, "of a speaker in a set, no more; a hash of their names says which; 0: all")

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative count."""
        super().__post_init__()
        self._check_counts("max_speakers", "max_utterances")

    def fewer(self, sets: Mapping[str, Sequence[M]]) -> dict[str, list[M]]:
        """Return what is taken of each set, in its order."""
        return {name: self._fewer(members) for name, members in sets.items()}

    def _fewer(self, members: Sequence[M]) -> list[M]:
        by_language = _grouped(members, lambda one: (one.language, one.speaker))
        who = {(language, one) for language, ones in by_language.items() for one in some(ones, self.max_speakers)}
        taken = [one for one in members if (one.language, one.speaker) in who]
        by_speaker = _grouped(taken, lambda one: (one.speaker, one.utterance))
        what = {name for names in by_speaker.values() for name in some(names, self.max_utterances)}
        return [one for one in taken if one.utterance in what]


@dataclass(frozen=True)
class Languages(Preparation):
    """Languages by code."""

    languages: list[str] = option(list, "only these, by the codes that utt2lang has; empty: all")

    def wanted(self, known: Iterable[str]) -> list[str]:
        """Return which of the corpus's languages are taken; raise `OptionError` for one that it does not have."""
        known = list(dict.fromkeys(known))
        check_known("languages", self.languages, known)
        return [language for language in known if not self.languages or language in self.languages]


@dataclass(frozen=True)
class Rate(Preparation):
    """Recordings of a sampling rate that is high enough."""

    min_rate: int = option(0, "recordings of a lower sampling rate are left out; 0: none", "Hz")

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative rate."""
        super().__post_init__()
        self._check_counts("min_rate")

    def fits(self, header: Header) -> bool:
        """Return whether a recording's rate is high enough."""
        return super().fits(header) and header.rate >= self.min_rate


@dataclass(frozen=True)
class Noises(Preparation):
    """Fewer noises."""

    max_noises: int = option(0, "of a set of noises, no more; a hash of their names says which; 0: all")

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative count."""
        super().__post_init__()
        self._check_counts("max_noises")

    def fewer_noises(self, sets: Mapping[str, Sequence[M]]) -> dict[str, list[M]]:
        """Return what is taken of each set of noises, in its order."""
        taken = {name: set(some((one.utterance for one in members), self.max_noises)) for name, members in sets.items()}
        return {name: [one for one in members if one.utterance in taken[name]] for name, members in sets.items()}


def some(names: Iterable[str], count: int) -> list[str]:
    """Return ``count`` of the names, those with the smallest hashes; all for 0, or where there are not so many."""
    ranked = sorted(set(names), key=lambda name: hashlib.sha256(f"some/{name}".encode()).digest())
    return ranked[:count] if count else ranked


def check_known(what: str, chosen: Iterable[str], known: Iterable[str]) -> None:
    """Raise `OptionError` for a name that the option ``what`` gives and that is not known."""
    known = set(known)
    for name in chosen:
        if name not in known:
            raise OptionError(what, f"the corpus has no '{name}'{did_you_mean(name, known)}")


def _grouped(members: Sequence[M], pair: Callable[[M], tuple[str | None, str]]) -> dict[str | None, list[str]]:
    """Return (key -> values) of the pairs that the members give."""
    groups: dict[str | None, list[str]] = {}
    for key, value in map(pair, members):
        groups.setdefault(key, []).append(value)
    return groups
