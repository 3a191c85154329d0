"""The one trainer that all systems share; it knows no paper."""

from audiolab.training.system import Mean, System, Update

__all__ = ["Mean", "System", "Update"]
