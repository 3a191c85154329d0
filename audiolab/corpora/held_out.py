"""Sentences of each speaker that are kept out of training, for corpora that have no such sets of their own."""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from audiolab.config import option
from audiolab.corpora.preparation import Preparation
from audiolab.corpora.prepared import Recording
from audiolab.errors import AudiolabError

SETS = ("train", "dev", "test")

Who = tuple[str | None, str]
"""Language and speaker."""


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

    def divide(
        self, name: str, recordings: Sequence[Recording], named: Collection[str] = ()
    ) -> dict[str, list[Recording]]:
        """Return ``<name>_train``, ``_dev`` and ``_test``, those of which there is to be something.

        A hash of a sentence, its letters and its language, says to which set it belongs. So speakers who read the same
        sentences have the same ones kept out, and no sentence of a set is in another one, whoever reads it. Speakers
        who have too few sentences are left out.

        Args:
            name: The corpus's.
            recordings: With their texts.
            named: Speakers who may not be left out.

        Raises:
            AudiolabError: Of these one has too few sentences, or nobody has enough.
        """
        known: dict[Who, dict[str, list[Recording]]] = {}
        for recording in recordings:
            said = known.setdefault((recording.language, recording.speaker), {})
            said.setdefault(_key(recording), []).append(recording)
        known = self._with_enough(name, known, named)
        ranked = {who: sorted(said, key=_hash) for who, said in known.items()}
        first, second = self.test_utterances, self.test_utterances + self.dev_utterances
        test = {key for keys in ranked.values() for key in keys[:first]}
        dev = {key for keys in ranked.values() for key in keys[first:second]} - test
        held = test | dev
        chosen: dict[str, set[str]] = {part: set() for part in SETS}
        for who, keys in ranked.items():
            said, most = known[who], self.most_of(who[0])
            train = [one.utterance for key in keys if key not in held for one in said[key]]
            chosen["train"] |= set(train[: most or None])
            chosen["dev"] |= {said[key][0].utterance for key in keys[first:second] if key in dev}
            chosen["test"] |= {said[key][0].utterance for key in keys[:first]}
        left = len(recordings) - sum(map(len, chosen.values()))
        if left:
            logging.info("%s: %d recordings are in no set: of a sentence kept out, or above the counts", name, left)
        return {
            f"{name}_{part}": [one for one in recordings if one.utterance in ids] for part, ids in chosen.items() if ids
        }

    def _with_enough(
        self, name: str, known: dict[Who, dict[str, list[Recording]]], named: Collection[str]
    ) -> dict[Who, dict[str, list[Recording]]]:
        """Return those speakers of whom something is left to train on."""
        least = self.test_utterances + self.dev_utterances + 1
        few = {who: len(said) for who, said in known.items() if len(said) < least}
        refused = [who for who in few if who[1] in named] or (list(few) if len(few) == len(known) else [])
        if refused:
            raise AudiolabError(
                f"{name}: {refused[0][1]} has {few[refused[0]]} different sentences, and {least - 1} are to be kept "
                "out; give smaller --dev_utterances and --test_utterances"
            )
        if few:
            who = " ".join(sorted({speaker for _, speaker in few})[:5])
            logging.info("%s: left out: speakers of fewer than %d sentences: %d, as %s", name, least, len(few), who)
        return {who: said for who, said in known.items() if who not in few}


def _key(recording: Recording) -> str:
    """Return a sentence by its language and letters."""
    text = unicodedata.normalize("NFC", recording.text or "").casefold()
    return f"{recording.language}/{' '.join(''.join(c if c.isalnum() else ' ' for c in text).split())}"


def _hash(key: str) -> bytes:
    return hashlib.sha256(f"held out/{key}".encode()).digest()
