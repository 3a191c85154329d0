"""PoCoNet for singing voice separation: teacher and student of noisy self-training (Wang et al., ICASSP 2021)."""

from audiolab.systems.poconet.system import PoCoNet

__all__ = ["PoCoNet"]
