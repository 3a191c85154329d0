"""The parameters of the recogniser."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.config import option


@dataclass
class CTCConfig:
    """Convolutions that make the frames fewer, recurrent layers that see the whole utterance, and a linear layer."""

    bands: int | None = option(None, "mel bands; null: those of the features")
    units: int | None = option(None, "units that can be written, without the blank; null: those of the training texts")
    filters: int = option(256, "of each convolution")
    kernel: int = option(5, "frames that a convolution sees; odd")
    strides: list[int] = option(lambda: [2, 1], "of each convolution; their product is how many frames become one")
    hidden: int = option(320, "units of the recurrent layers (LSTM), each way")
    layers: int = option(4, "recurrent layers")
    dropout: float = option(0.2, "of what comes out of each layer but the last")

    def __post_init__(self) -> None:
        for name in ("filters", "kernel", "hidden", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, not {self.kernel}")
        if not self.strides or min(self.strides) < 1:
            raise ValueError("strides are one number or more, of 1 or more")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, not {self.dropout}")

    @property
    def stride(self) -> int:
        """Frames that become one."""
        product = 1
        for stride in self.strides:
            product *= stride
        return product
