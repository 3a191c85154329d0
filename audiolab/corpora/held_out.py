"""Sentences of each speaker that are kept out of training, for corpora that have no such sets of their own."""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audiolab.config import option
from audiolab.corpora.preparation import Preparation
from audiolab.corpora.prepared import Recording
from audiolab.errors import AudiolabError

SETS = ("train", "dev", "test")


@dataclass(frozen=True)
class HeldOut(Preparation):
    """How many sentences of each speaker are kept out."""

    dev_utterances: int = option(100, "of a speaker, kept out to watch trainings by")
    test_utterances: int = option(100, "of a speaker, kept out to score and to listen to")
    train_utterances: int = option(0, "of a speaker, no more; a hash of their texts says which; 0: all the rest")

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative count."""
        super().__post_init__()
        self._check_counts("dev_utterances", "test_utterances", "train_utterances")

    def most_of(self, language: str | None) -> int:
        """Return how many utterances of a speaker of a language are trained on at most; 0: all."""
        return self.train_utterances

    def divide(self, name: str, recordings: Sequence[Recording]) -> dict[str, list[Recording]]:
        """Return ``<name>_train``, ``_dev`` and ``_test``, those of which there is to be something.

        A hash of a sentence, its letters and its language, says to which set it belongs. So speakers who read the same
        sentences have the same ones kept out, and no sentence of a set is in another one, whoever reads it.

        Raises:
            AudiolabError: A speaker has too few sentences.
        """
        speakers: dict[tuple[str | None, str], dict[str, list[Recording]]] = {}
        for recording in recordings:
            texts = speakers.setdefault((recording.language, recording.speaker), {})
            texts.setdefault(_key(recording), []).append(recording)
        ranked = {who: sorted(texts, key=_hash) for who, texts in speakers.items()}
        ends = (self.test_utterances, self.test_utterances + self.dev_utterances)
        for (_, speaker), keys in ranked.items():
            if len(keys) <= ends[1]:
                raise AudiolabError(
                    f"{name}: {speaker} has {len(keys)} different sentences, and {ends[1]} are to be kept out; give "
                    "smaller --dev_utterances and --test_utterances, or name other --speakers"
                )
        test = {key for keys in ranked.values() for key in keys[: ends[0]]}
        dev = {key for keys in ranked.values() for key in keys[ends[0] : ends[1]]} - test
        chosen: dict[str, set[str]] = {part: set() for part in SETS}
        for who, keys in ranked.items():
            texts, most = speakers[who], self.most_of(who[0])
            train = [one.utterance for key in keys[ends[1] :] if key not in test | dev for one in texts[key]]
            chosen["test"] |= {texts[key][0].utterance for key in keys[: ends[0]]}
            chosen["dev"] |= {texts[key][0].utterance for key in keys[ends[0] : ends[1]] if key in dev}
            chosen["train"] |= set(train[:most] if most else train)
        _tell(name, recordings, chosen)
        return {f"{name}_{part}": [one for one in recordings if one.utterance in ids]
                for part, ids in chosen.items() if ids}  # fmt: skip


def _key(recording: Recording) -> str:
    """Return a sentence by its language and letters."""
    text = unicodedata.normalize("NFC", recording.text or "").casefold()
    return f"{recording.language}/{' '.join(''.join(c if c.isalnum() else ' ' for c in text).split())}"


def _hash(key: str) -> bytes:
    return hashlib.sha256(f"held out/{key}".encode()).digest()


def _tell(name: str, recordings: Sequence[Recording], chosen: dict[str, Iterable[str]]) -> None:
    left = len(recordings) - sum(len(set(ids)) for ids in chosen.values())
    if left:
        logging.info("%s: %d recordings are in no set: above the count, or of a sentence kept out", name, left)
