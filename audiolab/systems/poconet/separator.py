"""The separator: a mixture's waveform to those of vocals and accompaniment, by complex ratio masks."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from audiolab.data.stem_dir import SOURCES
from audiolab.nn.stft import stft
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.network import UNet, reach

_TINY = 1e-8


class Separator(nn.Module):
    """STFT, U-Net, masks, inverse STFT.

    The network works on the mixture's STFT divided by its level, so a gain of the mixture is that of the estimates.
    It leaves out the highest bin, at half the rate, which takes the masks of the bin below it.

    Args:
        config: STFT and sizes.

    Attributes:
        multiple: Pieces of a recording that begin at multiples of that many frames are halved as the whole is.
        reach: So many frames before it, beside those of attention, a frame of the masks depends on.

    Maps and kernels lie in memory with the channels last, as CPUs and GPUs convolve fastest.
    """

    def __init__(self, config: PoCoNetConfig) -> None:
        super().__init__()
        self.config = config
        self.multiple, self.reach = 2 ** (config.levels - 1), reach(config.levels)
        self.network = UNet(2 + config.embeddings, 2 * len(SOURCES), config)
        with torch.no_grad():
            self.network.last.bias.zero_()
            self.network.last.bias[::2] = config.mask_bias
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)
        self.register_buffer("embedding", frequency_embedding(config.bins, config.embeddings), persistent=False)
        self.to(memory_format=torch.channels_last)

    def forward(self, wave: Tensor, scale: Tensor | None = None) -> Tensor:
        """As `separate`."""
        return self.separate(wave, scale)

    def analyse(self, wave: Tensor) -> Tensor:
        """Return the STFT of waves [B, N], complex64 [B, F, T], as `audiolab.nn.stft` has it."""
        return stft(wave, self.config.n_fft, self.config.hop, self.window)

    def level(self, spectrum: Tensor) -> Tensor:
        """Return the root mean square of the magnitudes of STFTs [B, F, T], [B]."""
        return torch.linalg.vector_norm(spectrum, dim=(1, 2)) / math.sqrt(spectrum[0].numel())

    def masks(self, spectrum: Tensor, scale: Tensor | None = None) -> Tensor:
        """Return the complex ratio masks of the sources, complex64 [B, 2, F, T].

        Args:
            spectrum: STFTs of mixtures, complex [B, F, T]; any number of frames.
            scale: What they are divided by first, [B]; None: the `level` of each. Pieces of one recording are to have
                that of the whole, and then fit together.
        """
        scale = self.level(spectrum) if scale is None else scale
        maps = self.network(self._input(spectrum, scale.clamp_min(_TINY))).float()
        maps = torch.cat([maps, maps[:, :, -1:]], dim=2)
        return torch.view_as_complex(maps.unflatten(1, (len(SOURCES), 2)).movedim(2, -1).contiguous())

    def synthesise(self, spectrum: Tensor, length: int) -> Tensor:
        """Return the waves of ``length`` samples, [..., N], of STFTs [..., F, T]."""
        config = self.config
        waves = torch.istft(spectrum.flatten(0, -3), config.n_fft, config.hop, window=self.window, length=length)
        return waves.unflatten(0, spectrum.shape[:-2])

    def separate(self, wave: Tensor, scale: Tensor | None = None) -> Tensor:
        """Return the estimates of the sources, float32 [B, 2, N], in the order of `SOURCES`.

        Args:
            wave: Mixtures of one length, [B, N], with any level.
            scale: As for `masks`.
        """
        spectrum = self.analyse(wave)
        return self.synthesise(self.masks(spectrum, scale) * spectrum[:, None], wave.shape[-1])

    def _input(self, spectrum: Tensor, scale: Tensor) -> Tensor:
        """Return real part, imaginary part and embeddings of the bins that the network sees, (B, 2 + k, bins, T)."""
        kept = spectrum[:, : self.config.bins] / scale[:, None, None]
        if self.config.input_power != 1:
            kept = kept * kept.abs().clamp_min(_TINY).pow(self.config.input_power - 1)
        parts = torch.view_as_real(kept).movedim(-1, 1)
        told = self.embedding[None, :, :, None].expand(len(parts), -1, -1, parts.shape[-1])
        return torch.cat([parts, told], dim=1).contiguous(memory_format=torch.channels_last)


def frequency_embedding(bins: int, count: int) -> Tensor:
    """Return eq. 1, [count, bins]: ``cos(2^j π f / bins)`` of the bins f, which are spread from 0 to half the rate.

    With 512 bins and 10 numbers, the last of them changes its sign from bin to bin.
    """
    turns = 2.0 ** torch.arange(count, dtype=torch.float64)[:, None] * torch.arange(bins, dtype=torch.float64) / bins
    return (math.pi * turns).cos().float()
