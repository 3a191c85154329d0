"""Speech recognition by connectionist temporal classification (Graves et al., ICML 2006)."""

from audiolab.systems.ctc.system import CTC

__all__ = ["CTC"]
