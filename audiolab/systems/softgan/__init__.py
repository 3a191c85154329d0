"""SoftGAN: a CycleGAN that converts mel spectral envelopes, trained with soft labels (Ferro, Obin and Roebel)."""

from audiolab.systems.softgan.system import SoftGAN

__all__ = ["SoftGAN"]
