"""Names for the DNS challenge's mini twin, like those of the corpora in it, such that all sets are filled.

A set is decided by a hash of a speaker's or noise's name (`audiolab.corpora.splits`), so names are tried one after the
other until each set has as many as it is to have.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from audiolab.corpora.dns_speakers import speaker_of
from audiolab.corpora.prepared import clean_id
from audiolab.corpora.splits import set_of

_M_AILABS = "M-AILABS_Speech_Dataset/{region}/{{gender}}/{{name}}/{book}/wavs/{book}_01_f{{number:06d}}.wav"
_MIX = "M-AILABS_Speech_Dataset/{region}/mix/{{name}}/wavs/{{name}}_01_f{{number:06d}}.wav"
_WIKIPEDIA = "CC_BY_SA_4.0_249hrs_339spk_German_Wikipedia_16k/data/German_Wikipedia_{name}_audio_seg_{number}.wav"

STYLES: dict[str, tuple[tuple[str, str], ...]] = {
    "french_data": (
        (_M_AILABS.format(region="fr_FR_190hrs_16k", book="le_vieux_pont"), "reader"),
        (_MIX.format(region="fr_FR_190hrs_16k"), "book"),
    ),
    "german_speech": (
        (_M_AILABS.format(region="de_DE_16k", book="die_alte_muehle"), "reader"),
        (_WIKIPEDIA, "article"),
    ),
    "italian_speech": (
        (_M_AILABS.format(region="it_IT_128hrs_16k", book="la_torre"), "reader"),
        (_MIX.format(region="it_IT_128hrs_16k"), "book"),
    ),
    "mandarin_speech": (
        ("slr33_aishell/{name}/BAC009{name}W{number:04d}.wav", "aishell"),
        ("SLR18_THCHS00/{name}_{number}.wav", "thchs"),
    ),
    "russian_speech": ((_M_AILABS.format(region="ru_RU_47hrs_16k", book="stariy_most"), "reader"),),
    "spanish_speech": (
        (_M_AILABS.format(region="es_ES_16k", book="la_fuente"), "reader"),
        ("SLR61_es_ar_{gender}_{name}_{number:011d}.wav", "crowd"),
    ),
}
"""Folder of a language -> where recordings of its parts lie below it, and how a part names its speakers."""

_GIVEN = ("ada", "bela", "cyril", "dora", "emil", "flora", "georg", "hanna", "ivo", "jana", "karim", "lena", "mirko",
          "nora", "otto", "pia", "remo", "sara", "timur", "vera")  # fmt: skip
_FAMILY = ("adler", "brun", "costa", "dvorak", "ferri", "gromov", "horn", "ilves", "koval", "luna")


class Voiced(NamedTuple):
    """A speaker of the mini twin: the path of a recording, with ``{gender}`` and ``{number}``, below ``clean``."""

    speaker: str
    path: str


def foreign_speakers(folder: str, language: str, counts: Mapping[str, int]) -> list[Voiced]:
    """Return the speakers of a language's folder, as many of each set as ``counts`` says."""
    voices = [_named(folder, language, template, style) for template, style in STYLES[folder]]
    return list(_of_sets(_in_turn(voices), counts))


def english_speakers(counts: Mapping[str, int]) -> list[Voiced]:
    """Return readers of English, as many of each set as ``counts`` says."""
    readers = (f"{number:05d}" for number in itertools.count(1009, 37))
    path = "book_{0}_chp_0003_reader_{0}_{{number}}.wav"
    return list(_of_sets((Voiced(f"en_reader_{name}", path.format(name)) for name in readers), counts))


def freesound_name(kind: str, number: int, part: str) -> str:
    """Return ``<kind>_<recording>``, as Freesound's noises are called, of which the set is ``part``."""
    names = (f"{kind}_{recording}" for recording in itertools.count(100_003 + 6_007 * number, 11))
    return next(name for name in names if set_of(name) == part)


def audioset_name(number: int, part: str) -> str:
    """Return a name of 11 letters, digits, ``-`` and ``_``, as AudioSet's noises have, of which the set is ``part``."""
    seeds = (f"{number}/{attempt}".encode() for attempt in itertools.count())
    names = (base64.urlsafe_b64encode(hashlib.sha256(seed).digest())[:11].decode() for seed in seeds)
    return next(name for name in names if set_of(clean_id(name)) == part)


def _named(folder: str, language: str, template: str, style: str) -> Iterator[Voiced]:
    for name in _STYLE_NAMES[style]():
        path = template.replace("{name}", name)
        inside = PurePosixPath(path.replace("{gender}", "female").format(number=0)).parts
        yield Voiced(clean_id(f"{language}_{speaker_of(inside)}"), f"{folder}/{path}")


def _of_sets(voices: Iterator[Voiced], counts: Mapping[str, int]) -> Iterator[Voiced]:
    """Yield the first voices of which each set gets as many as ``counts`` says."""
    wanted = dict(counts)
    while any(wanted.values()):
        voice = next(voices)
        if wanted[set_of(voice.speaker)]:
            wanted[set_of(voice.speaker)] -= 1
            yield voice


def _in_turn(iterators: list[Iterator[Voiced]]) -> Iterator[Voiced]:
    """Yield from each iterator in turn, for as long as one goes on."""
    for row in itertools.zip_longest(*iterators):
        yield from (voice for voice in row if voice is not None)


def _readers() -> Iterator[str]:
    return (f"{given}_{family}" for family in _FAMILY for given in _GIVEN)


_STYLE_NAMES = {
    "reader": _readers,
    "book": lambda: (f"racconti_{number:02d}" for number in itertools.count()),
    "article": lambda: (f"Artikel_{number}" for number in itertools.count(1)),
    "aishell": lambda: (f"S{number:04d}" for number in range(2, 1000, 7)),
    "thchs": lambda: (f"{group}{number}" for number in range(2, 99) for group in "ABCD"),
    "crowd": lambda: (f"arf_{number:05d}" for number in itertools.count(121, 97)),
}
