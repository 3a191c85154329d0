"""HiFi-GAN: a vocoder for AutoVC's mel spectrogram, trained against discriminators (Kong, Kim and Bae, 2020)."""

from audiolab.systems.hifigan.system import HiFiGAN

__all__ = ["HiFiGAN"]
