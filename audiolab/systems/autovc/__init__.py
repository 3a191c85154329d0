"""AutoVC (Qian et al.) and CycleAutoVC (Godey and Boudin): conversion of mel spectrograms between many speakers."""

from audiolab.systems.autovc.system import AutoVC

__all__ = ["AutoVC"]
