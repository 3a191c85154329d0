"""MUSDB18's folders: songs as folders of WAV files (MUSDB18-HQ), or as files of five streams (MUSDB18).

{train,test}/<Artist> - <Title>/{mixture,drums,bass,other,vocals}.wav        MUSDB18-HQ; or .flac
{train,test}/<Artist> - <Title>.stem.mp4                                     MUSDB18
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.prepared import clean_id
from audiolab.corpora.walk import AUDIO, by_name, check_name, check_whole, walk
from audiolab.errors import AudiolabError

STEMS = ("mixture", "drums", "bass", "other", "vocals")
"""In the order of the streams of a ``.stem.mp4``."""

PARTS = ("train", "test")

STEM_FILE = ".stem.mp4"

EXPECTED = "{train,test}/<Artist> - <Title>/{mixture,drums,bass,other,vocals}.wav or <Artist> - <Title>.stem.mp4"

VALIDATION = (
    "ANiMAL - Rockshow",
    "Actions - One Minute Smile",
    "Alexander Ross - Goodbye Bolero",
    "Clara Berry And Wooldog - Waltz For My Victims",
    "Fergessen - Nos Palpitants",
    "James May - On The Line",
    "Johnny Lokke - Promises & Lies",
    "Leaf - Summerghost",
    "Meaxic - Take A Step",
    "Patrick Talbot - A Reason To Leave",
    "Skelpolu - Human Mistakes",
    "Traffic Experiment - Sirens",
    "Triviul - Angelsaint",
    "Young Griffo - Pennies",
)
"""The songs of ``train`` that are held out, as in the package musdb and most papers since."""


@dataclass(frozen=True)
class Found:
    """A song that is there.

    Attributes:
        part: ``train`` or ``test``.
        name: ``<Artist> - <Title>``.
        path: Its folder, or its ``.stem.mp4``.
        stems: Name, of `STEMS`, -> file; None for a ``.stem.mp4``.
    """

    part: str
    name: str
    path: Path
    stems: dict[str, Path] | None

    @property
    def artist_and_title(self) -> tuple[str, str]:
        """What stands before and behind the first `` - `` of its name."""
        artist, _, title = self.name.partition(" - ")
        return artist, title

    @property
    def speaker(self) -> str:
        """The artist's id."""
        return clean_id(self.artist_and_title[0])

    @property
    def utterance(self) -> str:
        """Its id."""
        return f"{self.speaker}-{clean_id(self.artist_and_title[1])}"

    @property
    def language(self) -> None:
        """The corpus does not tell."""


def find_songs(db_root: str | Path) -> list[Found]:
    """Return all songs below ``db_root``, sorted; the folders ``train`` and ``test`` may lie at any depth.

    Raises:
        AudiolabError: There is no such folder, or no song of train or of test; a song lacks a stem, comes twice, has
            a name without artist and title, or lies elsewhere.
    """
    root = Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {EXPECTED} lies")
    songs: dict[tuple[str, str], Found] = {}
    for folder, names in walk(root):
        for song in _songs_in(folder, names):
            if not all(part.strip() for part in song.artist_and_title):
                raise AudiolabError(f"{song.path}: not named <Artist> - <Title>; rename it, or move it away")
            if song.part not in PARTS:
                raise AudiolabError(f"{song.path}: a song that is neither in train nor in test; expected {EXPECTED}")
            earlier = songs.setdefault((song.part, song.name), song)
            if earlier is not song:
                raise AudiolabError(f"{song.path}: the same song as {earlier.path}; remove one, or name one --db_root")
    for part in PARTS:
        if not any(song.part == part for song in songs.values()):
            raise AudiolabError(f"{root}: no song in a folder {part}; expected {EXPECTED}")
    return [songs[key] for key in sorted(songs)]


def _songs_in(folder: Path, names: Sequence[str]) -> list[Found]:
    """Return the song that a folder is, or those of which the files lie in it."""
    mixed = [name for name in names if name.endswith(STEM_FILE)]
    for name in mixed:
        check_name(folder / name)
    found = [Found(folder.name, name.removesuffix(STEM_FILE), folder / name, None) for name in mixed]
    stems = by_name(folder, [name for name in names if name.lower().endswith(AUDIO)], STEMS)
    if not stems:
        return found
    check_name(folder)
    check_whole(folder, stems, STEMS, "get the song again")
    return [*found, Found(folder.parent.name, folder.name, folder, stems)]
