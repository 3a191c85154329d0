"""The parameters of the acoustic model, of its training and of what it begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audiolab.config import option

PARTS = ("mean", "bases", "added", "codes", "heads")
"""What can learn: the mean tower, the basis towers, all towers' columns of added inputs, codes, output layers."""


@dataclass
class MLMSConfig:
    """Sizes are the paper's. With ``bases: 0`` it is the paper's single-speaker baseline."""

    columns: int | None = option(None, "values of a phone's linguistic vector; null: those of the labels")
    added: int | None = option(
        None,
        "of these the last, which came to a model that began without them: their weights begin at 0; null: as many as "
        "the labels have more than the run of init",
    )
    outputs: int | None = option(None, "values of a frame of vocoder parameters; null: those of the features")
    languages: list[str] | None = option(None, "codes; null: those of init, and behind them new ones of the data")
    speakers: list[str] | None = option(None, "ids; null: as languages")
    bases: int = option(6, "basis towers, L")
    hidden: int = option(256, "rectified units that a tower begins with")
    layers: int = option(3, "LSTM layers of a tower")
    cells: int = option(256, "memory cells of each layer")
    projection: int = option(128, "values that a layer gives and feeds back")
    codes: Literal["random", "onehot"] = option(
        "random", "what languages' codes begin with: N(0, 1) / √L, or a 1 for the language's own basis"
    )
    learns: list[str] = option(lambda: list(PARTS), f"what is trained, of {', '.join(PARTS)}; all else stays")
    chunk: int = option(100, "most frames of an update; the state is carried from one to the next", "frames")
    pad: Literal["before", "after"] = option(
        "before", "columns that a language does not have are 0 before the inputs are normalised, or after it"
    )
    init: str | None = option(None, "training run that this one begins with; null: at random")
    new_code: Literal["mean", "zero"] = option("mean", "what a language's code begins with that init does not have")
    new_head: Literal["mean", "drawn"] = option("mean", "what a speaker's output layer begins with that it has not")
    alike: list[str] = option(list, "speakers of init over whom new_head takes the mean; none: all")

    def __post_init__(self) -> None:
        for name in ("hidden", "layers", "cells", "projection", "chunk"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if self.bases < 0:
            raise ValueError(f"bases must not be negative, not {self.bases}")
        if unknown := sorted(set(self.learns) - set(PARTS)):
            raise ValueError(f"learns: '{unknown[0]}' is none of {', '.join(PARTS)}")
        if not set(self.learns) & {"mean", "heads"} and not (self.bases and self.learns):
            raise ValueError(f"learns: nothing of {self.learns} is there without basis towers")
        if self.init is None and self.added:
            raise ValueError("added columns are beside those of a trained model: name it by init")
        if self.codes == "onehot" and self.init is None and self.bases and len(self.languages or ()) > self.bases:
            raise ValueError(f"{len(self.languages)} languages have no 1-hot codes of {self.bases} basis towers")

    @property
    def inputs(self) -> int:
        """Values of a frame: the phone's, three positions in it and its duration."""
        return self.columns + 4
