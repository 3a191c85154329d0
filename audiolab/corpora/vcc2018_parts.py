"""VCC2018's evaluation sentences in two parts: some to make choices on (dev), the others to report on (test).

The challenge has one evaluation set, of 35 sentences. What is chosen on sentences is not to be reported on them, so the
last `DEV` are kept for choices. A corpus in the same layout may say itself which sentences these are: in a file
`DEV_LIST` in its folder, one a line.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.lists import read_ids
from audiolab.datadir.names import sentence_of
from audiolab.datadir.subset import subset_data_dir
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write

EVALUATION = 30001
"""The first evaluation sentence, as the corpus counts."""
DEV = 10
"""Sentences for choices where the corpus does not list them."""
DEV_LIST = "dev_sentences"


def write_dev_sentences(folder: str | Path, sentences: Iterable[object]) -> None:
    """Write the list of the sentences for choices into a corpus's folder."""
    with atomic_write(Path(folder) / DEV_LIST) as file:
        file.writelines(f"{sentence}\n" for sentence in sentences)


def dev_sentences(db_root: str | Path, evaluation: Sequence[str], count: int | None = None) -> list[str]:
    """Return which evaluation sentences are for choices, in order.

    Args:
        db_root: The corpus's folder.
        evaluation: All of its evaluation sentences, in order.
        count: So many, the last ones; None: what the corpus lists, or the last `DEV` where it lists none.

    Raises:
        AudiolabError: Nothing is left to report on, or the list names a sentence that there is not.
    """
    listed = Path(db_root) / DEV_LIST
    if count is None and listed.is_file():
        chosen = read_ids(listed)
        unknown = [sentence for sentence in chosen if sentence not in evaluation]
        if unknown:
            raise AudiolabError(f"{listed}: there is no evaluation sentence '{unknown[0]}'")
    else:
        count = DEV if count is None else count
        chosen = list(evaluation[max(0, len(evaluation) - count) :]) if count else []
    if len(set(chosen)) >= len(evaluation):
        raise AudiolabError(
            f"{db_root}: {len(evaluation)} evaluation sentences, all of them for choices; leave some to report on, or "
            "give --dev_sentences 0 and choose elsewhere"
        )
    return chosen


def split_evaluation(source: str | Path, db_root: str | Path, count: int | None = None) -> dict[str, list[str]]:
    """Write the data dirs ``<source>_dev`` and ``<source>_test``, and return the sentences of each.

    A part without sentences is not written; one that is left over from before is removed.

    Raises:
        AudiolabError: As `dev_sentences`.
    """
    datadir = DataDir(source)
    sentences = sorted({sentence_of(utterance) for utterance in datadir.utterances})
    dev = dev_sentences(db_root, sentences, count)
    parts = {"dev": dev, "test": [sentence for sentence in sentences if sentence not in dev]}
    for part, chosen in parts.items():
        if chosen:
            utterances = [utterance for utterance in datadir.utterances if sentence_of(utterance) in chosen]
            subset_data_dir(source, f"{source}_{part}", utterances)
        else:
            shutil.rmtree(f"{source}_{part}", ignore_errors=True)
    return parts
