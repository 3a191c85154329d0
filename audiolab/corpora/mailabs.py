"""M-AILABS (Solak, 2019): some 1000 h of books read in nine languages, of LibriVox and others, 16 kHz.

Each recording has about half a second of silence at either end, which is kept. British and American English are two
languages here; the regions' folders say which it is (`audiolab.corpora.mailabs_layout`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from audiolab.config import option
from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.edges import Edges
from audiolab.corpora.held_out import HeldOut
from audiolab.corpora.mailabs_layout import REGIONS, find_books, recordings_of
from audiolab.corpora.mailabs_mini import MailabsMini, make_mini
from audiolab.corpora.preparation import Languages, Rate, Speakers, check_known
from audiolab.corpora.prepared import prepare_sets
from audiolab.errors import AudiolabError

ADDRESS = "https://data.solak.de/data/Training/stt_tts"


@dataclass(frozen=True)
class MailabsPreparation(Rate, HeldOut, Edges, Languages, Speakers):
    """What is taken of the corpus."""

    corpus = "mailabs"

    mix: bool = option(False, "take the books that several read, too; each counts as a speaker of no known gender")
    adaptation: list[str] = option(lambda: ["pl"], "languages of which there is to be little training data")
    adaptation_utterances: int = option(900, "of a speaker of these in training, no more; 0: all")

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative count."""
        super().__post_init__()
        self._check_counts("adaptation_utterances")

    def most_of(self, language: str | None) -> int:
        """Return how many utterances of a speaker of a language are trained on at most; 0: all."""
        return self.adaptation_utterances if language in self.adaptation else super().most_of(language)


def unneeded(config: MailabsPreparation) -> set[str]:
    """Return the archives, without ending, of the languages that are not chosen."""
    wanted = config.wanted(REGIONS.values())
    return {region for region, language in REGIONS.items() if language not in wanted}


def prepare(db_root: str | Path, dest: str | Path, config: MailabsPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make ``<dest>/mailabs_{train,dev,test}``, each of all the languages and speakers that are taken.

    Args:
        db_root: Where the folders of `mailabs_layout` lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: what is taken by default.
        nj: Processes that read headers.

    Returns:
        The data dirs, validated; with ``text``, ``utt2lang`` and, without ``mix``, ``spk2gender``.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config = config or MailabsPreparation()
    books = [book for book in find_books(db_root) if book.gender or config.mix]
    languages = config.wanted(book.language for book in books)
    check_known("adaptation", config.adaptation, REGIONS.values())
    chosen = [book for book in books if book.language in languages]
    if config.speakers:  # whose tables alone are read
        check_known("speakers", config.speakers, (book.reader for book in chosen))
        chosen = [book for book in chosen if book.reader in config.speakers]
    recordings = [recording for book in chosen for recording in recordings_of(book)]
    if not recordings:
        raise AudiolabError(f"{db_root}: no recordings with a text in {len(chosen)} books; get the corpus again")
    if config.edge_seconds is None:
        logging.info("mailabs: about 0.5 s of silence at either end is kept; --edge_seconds says how much is to be")
    sets = config.trimmed(config.divide("mailabs", recordings, config.speakers), nj)
    return prepare_sets(dest, sets, nj=nj, preparation=config)


CORPUS = Corpus(
    name="mailabs",
    license="M-AILABS's own (as BSD's, commercial use too)",
    homepage="https://www.caito.de/2019/01/03/the-m-ailabs-speech-dataset/",
    # addresses of the publisher's page, which states no sums
    files=tuple(RemoteFile(f"{ADDRESS}/{region}.tgz", f"{region}.tgz") for region in REGIONS),
    preparation=MailabsPreparation,
    prepare=prepare,
    mini=MailabsMini,
    make_mini=make_mini,
    unneeded=unneeded,
)
