"""Label vectors, a row a frame: what an aligner and a front end of text say of it. They are read, not computed here."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.config import option


@dataclass(frozen=True)
class LabelConfig:
    """Where label vectors come from and how wide they are."""

    dim: int = option(help="values of a label vector")
    labels: str = option(help="table (.scp) of the matrices, T × dim, that a front end made, a row a frame")
    shift_ms: float = option(5.0, "shift from frame to frame: that of the acoustic features which they go with", "ms")

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if self.dim < 1 or self.shift_ms <= 0:
            raise ValueError("dim must be at least 1 and shift_ms positive")

    @property
    def streams(self) -> dict[str, int]:
        """Name and width of what stands side by side in a frame."""
        return {"labels": self.dim}
