"""What a small example of a system is."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Example:
    """What the contract test needs to know of a system.

    Attributes:
        config: What a YAML would hold: ``system_conf``, ``data_conf`` and, where the defaults do not fit, ``optim``.
        overfits: Logged names that fall when one batch is trained on over and over.
        use: Takes what `audiolab.load` gives, and returns an array that depends on the weights.
        batch_size: Of the test with two processes; a multiple of 2.
    """

    config: dict[str, Any]
    overfits: tuple[str, ...]
    use: Any
    batch_size: int = 2
    trainer: dict[str, Any] = field(default_factory=dict)
