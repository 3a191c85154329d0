"""A duration model for text that nobody has spoken: an LSTM over phones."""

from audiolab.systems.duration.system import DurationModel

__all__ = ["DurationModel"]
