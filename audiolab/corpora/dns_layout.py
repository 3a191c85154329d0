"""The DNS challenge's folders: which file is speech of which language, noise, or one of a recorded pair.

``clean/<language's folder>/…``, ``clean/book_*_reader_*.wav`` (2020) or ``clean/read_speech/book_*_reader_*.wav``
(2021), ``noise/*.wav``, and ``test_set/synthetic/no_reverb/{noisy,clean}/*_fileid_<n>.wav``, in a folder ``datasets``
of the challenge's repository or of its archives, unpacked one beside the other. All else that the challenge has
(other test sets, emotional speech, singing, room responses) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from audiolab.corpora.dns_speakers import reader_of, speaker_of
from audiolab.corpora.prepared import Ids, Recording, clean_id
from audiolab.corpora.walk import recordings_below
from audiolab.errors import AudiolabError

LANGUAGES = {
    "french_data": "fr",
    "german_speech": "de",
    "italian_speech": "it",
    "mandarin_speech": "zh",
    "russian_speech": "ru",
    "spanish_speech": "es",
}
"""Folder below ``clean`` -> language."""

EXPECTED = (
    "clean/{french_data,german_speech,…}/**/*.wav, clean/[read_speech/]book_*_reader_*.wav, noise/*.wav and "
    "test_set/synthetic/no_reverb/{noisy,clean}/*_fileid_<n>.wav"
)

_EXCERPT = re.compile(r"([A-Za-z_]+_\d{3,}(?:__.+)?)_(\d+)")
"""A Freesound noise, cut into excerpts: ``air_conditioner_151977_3``; AudioSet's have names of 11 characters."""


@dataclass
class Found:
    """What there is.

    Attributes:
        speech: In other languages than English.
        english: English read speech.
        noise: What is cut from one recording has one speaker.
        noisy: Number of a pair -> its noisy recording.
        clean: Number of a pair -> its clean recording.
    """

    speech: list[Recording] = field(default_factory=list)
    english: list[Recording] = field(default_factory=list)
    noise: list[Recording] = field(default_factory=list)
    noisy: dict[int, Path] = field(default_factory=dict)
    clean: dict[int, Path] = field(default_factory=dict)


def find(db_root: str | Path, languages: Collection[str]) -> Found:
    """Return all recordings below ``db_root`` that `EXPECTED` describes, of other languages than English ``languages``.

    Raises:
        AudiolabError: No such folder; a kind or a language without recordings; a name that does not tell what it is
            to tell; pairs of which a half is missing.
    """
    root = Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {EXPECTED} lie")
    found, speakers, noises = Found(), Ids(), Ids()
    for folder, names in recordings_below(root):
        parts = folder.relative_to(root).parts
        kind = kind_of(parts)
        if kind in ("noisy", "clean"):
            _add_pairs(getattr(found, kind), folder, names)
        elif kind == "english":
            found.english += [_english(folder / name) for name in names]
        elif kind == "noise":
            found.noise += [_noise(folder / name, noises) for name in names]
        elif kind is not None and LANGUAGES[kind] in languages:
            inside = parts[parts.index(kind) + 1 :]
            found.speech += [_speech(folder / name, (*inside, name), LANGUAGES[kind], speakers) for name in names]
    _check(root, found, languages)
    return found


def kind_of(parts: Sequence[str]) -> str | None:
    """Return what lies in a folder: a key of `LANGUAGES`, ``english``, ``noise``, ``noisy``, ``clean`` or None.

    >>> kind_of(("datasets.noise", "datasets", "noise"))
    'noise'
    """
    if any(part.endswith(("test_set", "testset")) for part in parts):
        return parts[-1] if parts[-2:-1] == ("no_reverb",) and parts[-1] in ("noisy", "clean") else None
    language = next((part for part in parts if part in LANGUAGES), None)
    if language is not None:
        return language
    if parts[-1:] in (("clean",), ("read_speech",)):
        return "english"
    return "noise" if parts[-1:] == ("noise",) else None


def _speech(path: Path, inside: Sequence[str], language: str, ids: Ids) -> Recording:
    speaker = ids.of(f"{language}_{speaker_of(inside)}", str(path))
    return Recording(path, speaker, f"{speaker}-{clean_id(path.stem)}", language)


def _english(path: Path) -> Recording:
    reader = reader_of(path.stem)
    if reader is None:
        raise AudiolabError(f"{path}: no reader in this name; expected book_<n>_chp_<n>_reader_<n>_<n>.wav")
    return Recording(path, f"en_reader_{reader}", f"en_reader_{reader}-{clean_id(path.stem)}", "en")


def _noise(path: Path, ids: Ids) -> Recording:
    excerpt = _EXCERPT.fullmatch(path.stem)
    if excerpt is None:
        speaker = ids.of(path.stem, str(path))
        return Recording(path, speaker, speaker)
    speaker = ids.of(excerpt[1], str(path))
    return Recording(path, speaker, f"{speaker}-{excerpt[2]}")


def _add_pairs(pairs: dict[int, Path], folder: Path, names: Sequence[str]) -> None:
    for name in names:
        number = re.fullmatch(r".*_fileid_(\d+)", Path(name).stem)
        if number is None:
            raise AudiolabError(f"{folder / name}: no trailing fileid_<n> in this name, by which pairs are found")
        earlier = pairs.setdefault(int(number[1]), folder / name)
        if earlier != folder / name:
            raise AudiolabError(f"{folder / name}: the same fileid as {earlier}; keep one of them")


def _check(root: Path, found: Found, languages: Collection[str]) -> None:
    missing = list(_missing(found, languages))
    if missing:
        raise AudiolabError(f"{root}: no recordings of {', '.join(missing)}; expected {EXPECTED}")
    halves: tuple[tuple[Literal["noisy", "clean"], set[int]], ...] = (
        ("clean", found.noisy.keys() - found.clean.keys()), ("noisy", found.clean.keys() - found.noisy.keys())
    )  # fmt: skip
    for half, numbers in halves:
        if numbers:
            some = ", ".join(map(str, sorted(numbers)[:5]))
            raise AudiolabError(f"{root}: no_reverb: no {half} recording with fileid {some} ({len(numbers)} in all)")


def _missing(found: Found, languages: Collection[str]) -> Iterator[str]:
    missing = set(languages) - {recording.language for recording in found.speech}
    yield from (folder for folder, language in LANGUAGES.items() if language in missing)
    for what, recordings in (
        ("English read speech", found.english), ("noise", found.noise), ("no_reverb", found.noisy)
    ):  # fmt: skip
        if not recordings:
            yield what
