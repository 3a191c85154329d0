"""A speaker encoder by the generalised end-to-end loss (GE2E; Wan, Wang, Papir, Lopez Moreno, ICASSP 2018)."""

from audiolab.systems.ge2e.system import GE2E

__all__ = ["GE2E"]
