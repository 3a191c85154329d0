"""Phases for magnitudes: Griffin's and Lim's iteration with momentum (Perraudin, Balazs and Søndergaard, 2013).

torchaudio's takes phases from PyTorch's global state, and adds up the windows anew in each inverse STFT; here the sums
are kept, which makes it several times as fast on a CPU.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from audiolab.config import option
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel_inverse import MelInverse
from audiolab.synthesis.long_audio import Pieces
from audiolab.synthesis.mel_vocoder import Make, MelVocoder

_TINY = 1e-16


@dataclass(frozen=True)
class GriffinLimConfig:
    """How long phases are looked for."""

    iterations: int = option(60, "of Griffin's and Lim's; each takes as long")
    momentum: float = option(0.99, "share of the last change that is added to each new one; 0: none")
    seed: int = option(0, "of the phases that it begins with")

    def __post_init__(self) -> None:
        if self.iterations < 0 or not 0 <= self.momentum <= 1 or self.seed < 0:
            raise ValueError("iterations and seed must not be negative, and momentum lie within 0 and 1")


class _Grid:
    """STFT and inverse of signals of one length on the grid of a mel spectrogram: centred frames, reflected ends."""

    def __init__(self, n_fft: int, hop: int, frames: int, like: Tensor) -> None:
        self.n_fft, self.hop, self.margin, self.samples = n_fft, hop, n_fft // 2, (frames - 1) * hop
        self.window = torch.hann_window(n_fft, dtype=like.dtype, device=like.device)
        squares = self._overlapped(self.window.square().expand(1, frames, n_fft))
        self._scale = 1 / squares.clamp_min(torch.finfo(like.dtype).tiny)

    def analyse(self, wave: Tensor) -> Tensor:
        """Return the STFT [B, T, F] of signals [B, N]."""
        padded = functional.pad(wave[None], (self.margin, self.margin), mode="reflect")[0]
        return torch.fft.rfft(padded.unfold(-1, self.n_fft, self.hop) * self.window)

    def synthesise(self, spectrum: Tensor) -> Tensor:
        """Return the signals whose STFT is nearest in the least-squares sense."""
        return self._overlapped(torch.fft.irfft(spectrum, n=self.n_fft) * self.window) * self._scale

    def _overlapped(self, frames: Tensor) -> Tensor:
        """Return the sums [B, N] of frames [B, T, n_fft], each a hop behind the last."""
        batch, count, _ = frames.shape
        each = -(-self.n_fft // self.hop)
        parts = functional.pad(frames, (0, each * self.hop - self.n_fft)).view(batch, count, each, self.hop)
        total = frames.new_zeros(batch, count + each - 1, self.hop)
        for number in range(each):
            total[:, number : number + count] += parts[:, :, number]
        return total.flatten(1)[:, self.margin : self.margin + self.samples]


def griffin_lim(
    magnitude: Tensor,
    hop: int,
    generator: np.random.Generator,
    iterations: int = 60,
    momentum: float = 0.99,
    known: Tensor | None = None,
) -> Tensor:
    """Return signals whose STFT has nearly these magnitudes, [B, N], N = (T - 1) · hop.

    The STFT has a periodic Hann window that is not scaled, frames centred on multiples of the hop, and reflects signals
    at their ends.

    Args:
        magnitude: [B, T, n_fft // 2 + 1] on any device, T so many that N > n_fft / 2.
        hop: Shift from frame to frame in samples, at most half a window.
        generator: For the phases to begin with.
        iterations: How often phases are taken from a signal.
        momentum: Share of the last change that is added to each new one; 0 is Griffin's and Lim's own way.
        known: The signals' first samples [B, K], K ≤ N, which what follows is to go on from; the result is near them.
    """
    grid = _Grid(2 * (magnitude.shape[-1] - 1), hop, magnitude.shape[1], magnitude)
    phases = 2 * np.pi * generator.random(tuple(magnitude.shape), dtype=np.float32)
    spectrum = torch.polar(magnitude, torch.from_numpy(phases).to(magnitude))
    share, before = momentum / (1 + momentum), None  # of c = t + momentum (t - before), which has the same phases
    for _ in range(iterations):
        wave = grid.synthesise(spectrum)
        if known is not None:
            wave[:, : known.shape[1]] = known
        found = grid.analyse(wave)
        ahead = found if before is None else torch.sub(found, before, alpha=share)
        power = torch.view_as_real(ahead).square().sum(-1)
        spectrum, before = ahead * (magnitude * power.clamp_min(_TINY).rsqrt()), found
    return grid.synthesise(spectrum)


class GriffinLim(MelVocoder):
    """Audio of AutoVC's mel spectrograms without a trained network.

    Of long ones each piece goes on from what stands already: the last samples of the piece before are put into each
    iteration, and the two pieces, which agree there, are cross-faded.

    Args:
        analysis: How the spectrograms were made.
        config: Of the phases; None: the default.
        device: Where it is computed.
    """

    def __init__(
        self,
        analysis: LogMelConfig | None = None,
        config: GriffinLimConfig | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        analysis = analysis or LogMelConfig()
        reach = -(-analysis.n_fft // analysis.hop)
        pieces = Pieces(250 * reach, left=2 * reach, right=2 * reach, fade=reach, ratio=analysis.hop)
        super().__init__(analysis, pieces)
        self.config, self.device = config or GriffinLimConfig(), torch.device(device)
        self._inverse = MelInverse(analysis, self.device)
        self._least = analysis.n_fft // 2 // analysis.hop + 2

    def begin(self) -> Make:
        """Return what makes audio of pieces, with phases that begin with the config's seed."""
        generator = np.random.default_rng(self.config.seed)
        step, hop = self._pieces.length - self._pieces.fade, self.analysis.hop
        count, begin, wave = 0, 0, None  # of the pieces; the first frame and the samples of what stands

        def make(segment: np.ndarray, first: int) -> np.ndarray:
            nonlocal count, begin, wave
            known = None
            if wave is not None:
                end = (count - 1) * step + self._pieces.length
                known = wave[:, (first - begin) * hop : (end - begin) * hop]
            count, begin, wave = count + 1, first, self._made(segment, generator, known)
            edges = hop // 2, hop - hop // 2  # outside of the first and the last frame's centre: context, or cut off
            return np.pad(wave.cpu().numpy().T, (edges, (0, 0)))

        return make

    @torch.inference_mode()
    def _made(self, segment: np.ndarray, generator: np.random.Generator, known: Tensor | None) -> Tensor:
        """Return signals [B, (n - 1) · hop] of spectrograms [n, B, n_mels]."""
        samples = (len(segment) - 1) * self.analysis.hop
        more = max(0, self._least - len(segment))
        mel = np.pad(segment, ((0, more), (0, 0), (0, 0)), mode="edge").swapaxes(0, 1)
        magnitude = self._inverse(torch.from_numpy(np.ascontiguousarray(mel)).to(self.device))
        config = self.config
        made = griffin_lim(magnitude, self.analysis.hop, generator, config.iterations, config.momentum, known)
        return made[:, :samples]
