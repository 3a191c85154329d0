"""The parameters of the duration model."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.config import option


@dataclass
class DurationConfig:
    """Rectified units that are told language and speaker, LSTM layers, and one value: the log of a phone's frames."""

    columns: int | None = option(None, "values of a phone's linguistic vector; null: those of the labels")
    languages: list[str] | None = option(None, "codes; null: those of the data")
    speakers: list[str] | None = option(None, "ids; null: those of the data")
    hidden: int = option(256, "rectified units")
    cells: int = option(256, "units of each LSTM layer, each way")
    layers: int = option(1, "LSTM layers")
    both_ways: bool = option(False, "layers run backwards, too, so that a sentence must be known to its end")
    dropout: float = option(0.0, "of what goes into the last layer")

    def __post_init__(self) -> None:
        for name in ("hidden", "cells", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, not {self.dropout}")
