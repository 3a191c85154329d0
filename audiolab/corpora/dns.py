"""The Deep Noise Suppression challenge's corpora (Reddy et al., Interspeech 2020 and 2021), 16 kHz.

Clean speech in French, German, Italian, Mandarin, Russian and Spanish, English read speech, noises of AudioSet and
Freesound, and the synthetic test set without reverberation of 2020. English readers have LibriVox's numbers, as
LibriSpeech's speakers have: some of them are in both corpora.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from audiolab.corpora.archive import open_archive
from audiolab.corpora.base import Corpus, FileList, RemoteFile
from audiolab.corpora.dns_layout import LANGUAGES, find
from audiolab.corpora.dns_mini import DnsMini, make_mini
from audiolab.corpora.preparation import Counts, Languages, Noises, Rate, Speakers
from audiolab.corpora.prepared import Recording, prepare_sets
from audiolab.corpora.splits import SETS, set_of
from audiolab.errors import AudiolabError

ARCHIVES = "https://dns3public.blob.core.windows.net/dns3archive"
"""As in download-dns-challenge-{1,3}.sh of the challenge's repository; without checksums."""

LFS = "https://media.githubusercontent.com/media/microsoft/DNS-Challenge/interspeech2020/master"
"""The repository's files that Git LFS keeps."""


@dataclass(frozen=True)
class DnsPreparation(Rate, Noises, Counts, Languages, Speakers):
    """What is taken of the corpus; ``languages`` are those of the target domain, beside which English is taken."""

    corpus = "dns"


def unneeded(config: DnsPreparation) -> set[str]:
    """Return the archives, without ending, of the languages that are not chosen."""
    wanted = config.wanted(LANGUAGES.values())
    return {f"datasets.clean.{folder}" for folder, language in LANGUAGES.items() if language not in wanted}


def prepare(db_root: str | Path, dest: str | Path, config: DnsPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make the data dirs of the target domain, of English, and of the recorded pairs.

    ``speech_target_{train,valid,test}`` (with ``utt2lang``), ``speech_english_…``, ``noise_target_…``, and
    ``dns_no_reverb`` with ``wav.scp`` and ``spk1.scp``. Speakers, and the recordings that noises are cut from, are
    divided by `audiolab.corpora.splits`.

    Args:
        db_root: Where the folders of `dns_layout` lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all. Of the recorded pairs it chooses nothing but by their rate.
        nj: Processes that read the recordings.

    Returns:
        The ten data dirs, validated.

    Raises:
        AudiolabError: What is missing or broken, or a set that has no speaker of a language, found before anything is
            written.
    """
    config = config or DnsPreparation()
    found = find(db_root, config.wanted(LANGUAGES.values()))
    speech = _divide("speech_target", found.speech) | _divide("speech_english", found.english)
    noise = _divide("noise_target", found.noise)
    sets = config.fewer(config.of_speakers(speech)) | config.fewer_noises(noise)
    for name in ("speech_target", "speech_english", "noise_target"):
        _check(name, {part: sets[f"{name}_{part}"] for part in SETS})
    pairs = {f"fileid_{number}": path for number, path in found.noisy.items()}
    sets["dns_no_reverb"] = [Recording(path, utterance, utterance, "en") for utterance, path in pairs.items()]
    clean = {f"fileid_{number}": path for number, path in found.clean.items()}
    return prepare_sets(dest, sets, {"dns_no_reverb": {"spk1.scp": clean}}, nj, config)


def _divide(name: str, recordings: Sequence[Recording]) -> dict[str, list[Recording]]:
    """Return ``<name>_{train,valid,test}``."""
    by_set: dict[str, list[Recording]] = {f"{name}_{part}": [] for part in SETS}
    for recording in recordings:
        by_set[f"{name}_{set_of(recording.speaker)}"].append(recording)
    return by_set


def _check(name: str, by_part: Mapping[str, Sequence[Recording]]) -> None:
    """Raise where train, valid or test has nothing of a language."""
    for language in sorted({recording.language or "" for members in by_part.values() for recording in members}):
        owners = {
            part: sorted({member.speaker for member in members if (member.language or "") == language})
            for part, members in by_part.items()
        }
        empty = [part for part in SETS if not owners[part]]
        if empty:
            there = "; ".join(f"{part}: {' '.join(names[:5])}" for part, names in owners.items() if names)
            raise AudiolabError(
                f"{name}: nothing{f' in {language!r}' if language else ''} for {' and '.join(empty)}; whole speakers "
                f"(of noise: recordings) go to a set by a hash of their name, and there are only {there}; add others"
            )


def read_pointers(archive: Path) -> list[RemoteFile]:
    """Return the files of the synthetic test set without reverberation that Git LFS's pointers in an archive name.

    The challenge's archive of 2020 holds pointers only: three lines that give a file's SHA-256 and size.

    Raises:
        AudiolabError: The archive is damaged or holds no such pointers.
    """
    place = re.compile(r"(?:\./)?(datasets/test_set/synthetic/no_reverb/(?:clean|noisy)/[^/\0\r\n]+\.wav)")
    files = []
    with open_archive(archive) as members:
        for member in members:
            name = place.fullmatch(member.name)
            if name and member.kind == "file" and not Path(member.name).name.startswith("."):
                files.append(_pointed(name[1], next(member.blocks(), b"")[:1024], archive))
    if not files:
        raise AudiolabError(f"{archive}: names no files of test_set/synthetic/no_reverb; clone the repository instead")
    return files


def _pointed(name: str, pointer: bytes, archive: Path) -> RemoteFile:
    found = re.search(rb"^oid sha256:([0-9a-f]{64})\nsize (\d+)$", pointer.strip(), re.MULTILINE)
    if found is None:
        raise AudiolabError(f"{archive}: {name} is no pointer of Git LFS; fetch this file by hand")
    return RemoteFile(f"{LFS}/{quote(name)}", name, sha256=found[1].decode(), size=int(found[2]))


CORPUS = Corpus(
    name="dns",
    license="of each source: LibriVox and M-AILABS free, AudioSet CC BY 4.0, Freesound CC0, AISHELL-1 Apache-2.0",
    homepage="https://github.com/microsoft/DNS-Challenge",
    files=tuple(
        RemoteFile(f"{ARCHIVES}/datasets/datasets.{part}.tar.bz2", f"datasets.{part}.tar.bz2")
        for part in (*(f"clean.{folder}" for folder in LANGUAGES), "clean.read_speech", "noise")
    ),
    preparation=DnsPreparation,
    prepare=prepare,
    mini=DnsMini,
    make_mini=make_mini,
    lists=(
        FileList(
            RemoteFile(f"{ARCHIVES}/datasets-interspeech2020.tar.bz2", "datasets-interspeech2020.tar.bz2"),
            read_pointers,
        ),
    ),
    unneeded=unneeded,
)
