"""Units of text that a recogniser writes with: pieces of words, learned by SentencePiece from texts.

Texts are taken as `audiolab.text.normalise` gives them, on all sides.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.text.normalise import normalise

MODEL_TYPES = ("unigram", "bpe", "char")
"""What SentencePiece calls the ways of learning units that are known here."""

MOST_BYTES = 1 << 25
"""Of a model that is read."""


class Units:
    """The units of a SentencePiece model.

    Args:
        model: The model, as SentencePiece writes it.
        where: Names it in an error.

    Attributes:
        model: The same bytes.

    Raises:
        AudiolabError: It is no such model.
    """

    def __init__(self, model: bytes, where: str = "units") -> None:
        import sentencepiece  # which takes a third of a second

        self.model = model
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except RuntimeError as error:
            raise AudiolabError(
                f"{where}: no SentencePiece model ({str(error).strip()[:100]}); make it with train_units"
            ) from error

    def __len__(self) -> int:
        return self._processor.GetPieceSize()

    def __reduce__(self) -> tuple[Any, ...]:
        return Units, (self.model,)

    def encode(self, text: str) -> list[int]:
        """Return the units of a text, each from 0 to ``len(self) - 1``; what has none is that of the unknown."""
        return self._processor.EncodeAsIds(normalise(text))

    def pieces(self, text: str) -> list[str]:
        """Return the units of a text as they are called: ``▁the``; what has none is ``<unk>``."""
        return [self._processor.IdToPiece(unit) for unit in self.encode(text)]

    def decode(self, units: Sequence[int]) -> str:
        """Return the text of units."""
        return self._processor.DecodeIds([int(unit) for unit in units])


def read_units(path: str | Path) -> Units:
    """Return the units in a file; raises `AudiolabError` where it is missing or no such file."""
    try:
        with open(path, "rb") as file:
            model = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise AudiolabError(f"{path}: {error.strerror}; make it with train_units") from error
    if len(model) > MOST_BYTES:
        raise AudiolabError(f"{path}: larger than {MOST_BYTES >> 20} MiB, so no model of units; make it anew")
    return Units(model, str(path))


def write_units(path: str | Path, units: Units) -> None:
    """Write units, atomically, as SentencePiece reads them."""
    with atomic_write(path, "wb") as file:
        file.write(units.model)


def train_units(texts: Iterable[str], size: int, kind: Literal["unigram", "bpe", "char"] = "unigram") -> Units:
    """Learn units from texts: the same ones from the same texts.

    Args:
        texts: Of which at least one has a word.
        size: How many units at most, the unknown one among them.
        kind: How they are learned: by a unigram language model, by byte pair encoding, or each character is one.

    Raises:
        AudiolabError: There is no word in the texts, or more characters than units.
    """
    import sentencepiece

    lines = [line for line in map(normalise, texts) if line]
    if not lines:
        raise AudiolabError("the texts have no word in them; give those of the training data")
    least = len(set().union(*lines) | {" "}) + 1  # each character, the space and the unknown
    if size < least:
        raise AudiolabError(f"{size} units are fewer than the texts have characters: ask for {least} or more")
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.Train(
            sentence_iterator=iter(lines), model_writer=model, vocab_size=size, hard_vocab_limit=False,
            model_type=kind, character_coverage=1.0, normalization_rule_name="identity", num_threads=1,
            unk_id=0, bos_id=-1, eos_id=-1, pad_id=-1, max_sentence_length=1 << 16, minloglevel=2,
        )  # fmt: skip
    except RuntimeError as error:
        raise AudiolabError(f"SentencePiece: {str(error).strip()[-200:]}; ask for fewer units") from error
    return Units(model.getvalue())


def to_plain(units: Units) -> str:
    """Return units as text, for what goes along with a model's weights."""
    return base64.b64encode(units.model).decode("ascii")


def from_plain(text: str) -> Units:
    """Return the units of `to_plain`."""
    return Units(base64.b64decode(text), "the model's units")
