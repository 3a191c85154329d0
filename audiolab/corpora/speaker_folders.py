"""Any recordings of speakers, a folder each: ``<speaker>/…/<name>.wav``, or of any other format that is read.

What is said may stand in ``<name>.txt`` beside a recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiolab.config import option
from audiolab.corpora.base import Corpus
from audiolab.corpora.preparation import Counts, Rate, Speakers
from audiolab.corpora.prepared import Ids, Recording, prepare_sets, read_speech
from audiolab.corpora.speaker_folders_mini import SpeakerFoldersMini, make_mini
from audiolab.corpora.transcripts import read_transcript
from audiolab.corpora.walk import ANY_AUDIO, recordings_below
from audiolab.errors import AudiolabError

NAME = "speakers"
"""Of the data dir."""

_EXPECTED = f"<speaker>/<name>, of which the ending is one of {' '.join(ANY_AUDIO)}"

HOW_TO_GET = f"the corpus speaker_folders is what you have yourself: put it into {_EXPECTED}; name it by --db_root"


@dataclass(frozen=True)
class SpeakerFoldersPreparation(Rate, Counts, Speakers):
    """What is taken of the recordings."""

    corpus = "speaker_folders"

    channel: int | None = option(None, "of recordings with several, from 0; null: all of them have one")

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative channel."""
        super().__post_init__()
        if self.channel is not None:
            self._check_counts("channel")


def prepare(
    db_root: str | Path, dest: str | Path, config: SpeakerFoldersPreparation | None = None, nj: int = 1
) -> list[Path]:
    """Make ``<dest>/speakers`` of all folders of speakers; each recording is read to its end.

    Args:
        db_root: Where the speakers' folders lie.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all.
        nj: Processes that read the recordings.

    Returns:
        The data dir, validated; an id is the speaker, ``-``, and the path in the speaker's folder.

    Raises:
        AudiolabError: What is missing, broken, silent or of several channels, found before anything is written.
    """
    config, root = config or SpeakerFoldersPreparation(), Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; expected {_EXPECTED} in it")
    recordings = list(_recordings(root, config.channel))
    if not recordings:
        raise AudiolabError(f"{root}: no recording; expected {_EXPECTED}")
    sets = config.fewer(config.of_speakers({NAME: recordings}))
    return prepare_sets(dest, sets, nj=nj, preparation=config, read=read_speech)


def _recordings(root: Path, channel: int | None) -> Iterator[Recording]:
    speakers, names_of = Ids(), Ids()
    for folder, names in recordings_below(root, ANY_AUDIO):
        if folder == root:
            raise AudiolabError(f"{root / names[0]}: lies in no speaker's folder; expected {_EXPECTED}")
        who, *inside = folder.relative_to(root).parts
        speaker = speakers.of(who, str(root / who))
        for name in names:
            path = folder / name
            utterance = names_of.of(" ".join([who, *inside, path.stem]), str(path)).removeprefix(f"{speaker}_")
            text = path.with_suffix(".txt")
            yield Recording(
                path, speaker, f"{speaker}-{utterance}", channel=channel,
                text=read_transcript(text) if text.is_file() else None,
            )  # fmt: skip


CORPUS = Corpus(
    name="speaker_folders",
    license="that of your recordings",
    homepage="docs/data-formats.md",
    files=(),
    preparation=SpeakerFoldersPreparation,
    prepare=prepare,
    mini=SpeakerFoldersMini,
    make_mini=make_mini,
    how_to_get=HOW_TO_GET,
)
