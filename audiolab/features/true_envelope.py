"""True envelope: the smooth spectrum that runs over the partials' peaks, all frames of an utterance at once.

Imai's iteration with the acceleration of Röbel and Rodet ("Efficient spectral envelope estimation and its application
to pitch shifting and envelope preservation", DAFx 2005; Röbel, Villavicencio and Rodet, Pattern Recognition Letters
28, 2007). Start from the cepstrally smoothed log spectrum V. Wherever the observed spectrum A0 lies above V, it is what
is smoothed next, elsewhere V itself:

    A = max(A0, V),   V ← V + λ L(A − V),   until max(A0 − V) ≤ 2 dB,

where L keeps the cepstrum up to quefrency ``order``. λ = 1 is Imai's iteration. With D = A − V, whose cepstrum has the
energy E_in up to ``order`` and E_out above it, λ = (E_in + E_out) / E_in = |D|² / |L D|² is the step of the
extrapolated projection onto the half space {V : <D, V> ≥ <D, A>} inside the smooth spectra: it goes just as far as no
smooth spectrum above A0 is overshot, so it converges as the plain iteration does, in far fewer steps.
Both stop within the same 2 dB of the spectrum, at places that differ by some tenths of a dB, at single bins by a few.

L has rank order + 1. It is written as two thin cosine matrices, and what is iterated on is the cepstrum: a step is two
matrix products over all frames that have not converged. cos(2π k n / N) is even or odd about the middle of the spectrum
as n is even or odd, so spectra are folded there, [2, T, H] with H = N / 4 + 1, and the products are half as large.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

DECIBEL = math.log(10) / 20
"""One dB of amplitude in nat."""

_BLOCK = {"cpu": 512}
_BLOCK_ELSEWHERE = 65536
"""Frames at a time: what stays in a core's cache, or fits a GPU."""


def true_envelope(
    log_spectrum: Tensor,
    order: int | Tensor,
    tolerance_db: float = 2.0,
    max_iterations: int = 200,
    accelerate: bool = True,
) -> Tensor:
    """Return the true envelope of log amplitude spectra.

    The observed spectrum is nowhere more than ``tolerance_db`` above the envelope, in any frame: a frame that has not
    got there after ``max_iterations`` is lifted as a whole (its c0 is raised) by what is missing.

    Args:
        log_spectrum: [..., T, F], natural log of amplitude, finite, F = n_fft / 2 + 1; float32 or float64, on any
            device. Floor amplitudes before the log, at -100 dB or so: silence then is a flat frame.
        order: Highest quefrency kept, in samples; ``floor(rate / (2 f0))`` is the largest that cannot resolve the
            harmonics of f0. One for all frames, or an integer tensor [..., T].
        tolerance_db: Largest excess of the observed spectrum over the envelope.
        max_iterations: Most updates of a frame before the final lift.
        accelerate: Use λ of Röbel and Rodet; False is the plain iteration, for comparison.

    Returns:
        [..., T, F] as the input.

    Raises:
        ValueError: An order that is negative or not below n_fft / 2, orders of another shape, or a spectrum that is
            not finite.
    """
    bins = log_spectrum.shape[-1]
    flat = log_spectrum.reshape(-1, bins)
    orders = _orders(order, log_spectrum, bins)
    if flat.numel() and not all(math.isfinite(extreme) for extreme in torch.aminmax(flat)):
        raise ValueError("the log spectrum has values that are not finite; floor the amplitude before the log")
    lifter = _lifter(2 * (bins - 1), int(orders.max()) if len(orders) else 0, flat)
    envelope = torch.empty_like(flat)
    block = _BLOCK.get(flat.device.type, _BLOCK_ELSEWHERE)
    per_frame = isinstance(order, Tensor)
    for start in range(0, len(flat), block):
        part = slice(start, start + block)
        kept = _kept(lifter, orders[part]) if per_frame else None
        folded = _fold(flat[part])
        _iterate(folded, lifter, kept, tolerance_db * DECIBEL, max_iterations, accelerate)
        _unfold(folded, envelope[part])
    return envelope.reshape(log_spectrum.shape)


class _Lifter(NamedTuple):
    """The cosine transforms between folded spectra and cepstra, even quefrencies first, then odd ones."""

    analysis: Tensor  # [2, H, K]
    synthesis: Tensor  # [2, K, H]
    quefrency: Tensor  # [2, 1, K]; n_fft where a column is padding
    bin_energy: Tensor  # [H], to sum D² over the folded spectrum to the energy of the whole cepstrum
    ceps_energy: Tensor  # [2, 1, K], to sum c² over positive quefrencies to the energy of both signs


def _lifter(n_fft: int, order: int, like: Tensor) -> _Lifter:
    """Return the transforms for quefrencies 0 … order in the precision and on the device of ``like``."""
    at = {"dtype": torch.int64, "device": like.device}
    half, columns = n_fft // 4 + 1, order // 2 + 1
    bins = torch.arange(half, **at)
    quefrency = torch.arange(2 * columns, **at).reshape(columns, 2).T[:, None]  # [2, 1, K]
    angle = torch.remainder(bins[:, None] * quefrency, n_fft).double() * (2 * math.pi / n_fft)
    inside = (quefrency <= order).double()
    bin_weight = torch.full((half,), 2.0, dtype=torch.float64, device=like.device)
    bin_weight[0] = 1
    if n_fft % 4 == 0:
        bin_weight[-1] = 1  # the middle lies in both halves
    sides = torch.where(quefrency == 0, 1.0, 2.0).double()
    cosine = torch.cos(angle) * inside
    return _Lifter(
        analysis=(cosine * bin_weight[:, None] / n_fft).to(like.dtype).contiguous(),
        synthesis=(cosine * sides).transpose(1, 2).to(like.dtype).contiguous(),
        quefrency=torch.where(quefrency <= order, quefrency, n_fft),
        bin_energy=(bin_weight / n_fft).to(like.dtype),
        ceps_energy=sides.to(like.dtype),
    )


def _orders(order: int | Tensor, log_spectrum: Tensor, bins: int) -> Tensor:
    """Return the order of every frame [all frames], checked."""
    frames = log_spectrum.shape[:-1]
    if isinstance(order, Tensor) and order.shape != frames:
        raise ValueError(f"orders of shape {tuple(order.shape)} do not fit frames of shape {tuple(frames)}")
    orders = torch.as_tensor(order, device=log_spectrum.device).expand(frames).reshape(-1).long()
    if len(orders) and not 0 <= int(orders.min()) <= int(orders.max()) < bins - 1:
        raise ValueError(f"the envelope's order must lie in 0 … {bins - 2}, half the FFT length less one")
    return orders


def _kept(lifter: _Lifter, orders: Tensor) -> Tensor:
    """Return 1 where a frame keeps a quefrency, else 0: [2, T, K]."""
    return (lifter.quefrency <= orders[:, None]).to(lifter.analysis.dtype)


def _fold(spectrum: Tensor) -> Tensor:
    """Return [T, F] as its lower half and its mirrored upper half, [2, T, H]."""
    half = (spectrum.shape[1] + 1) // 2
    folded = spectrum.new_empty(2, len(spectrum), half)
    folded[0] = spectrum[:, :half]
    folded[1] = spectrum[:, -half:].flip(1)
    return folded


def _unfold(folded: Tensor, out: Tensor) -> None:
    """Write [2, T, H] to ``out`` [T, F]; the inverse of `_fold`."""
    half = folded.shape[-1]
    out[:, -half:] = folded[1].flip(1)
    out[:, :half] = folded[0]


def _analyse(folded: Tensor, lifter: _Lifter, kept: Tensor | None) -> Tensor:
    """Return the liftered cepstrum [2, T, K] of folded spectra [2, T, H]."""
    cepstrum = torch.bmm(_butterfly(folded), lifter.analysis)
    return cepstrum if kept is None else cepstrum.mul_(kept)


def _synthesise(cepstrum: Tensor, lifter: _Lifter) -> Tensor:
    """Return the folded spectra [2, T, H] of cepstra [2, T, K]."""
    return _butterfly(torch.bmm(cepstrum, lifter.synthesis))


def _butterfly(pair: Tensor) -> Tensor:
    """Return sum and difference of the two parts of ``pair`` (written in place of a stack, which copies slowly)."""
    out = torch.empty_like(pair)
    torch.add(pair[0], pair[1], out=out[0])
    torch.sub(pair[0], pair[1], out=out[1])
    return out


def _iterate(
    observed: Tensor, lifter: _Lifter, kept: Tensor | None, tolerance: float, max_iterations: int, accelerate: bool
) -> None:
    """Overwrite the folded observed spectra [2, T, H] with their envelopes."""
    target = observed
    active = torch.arange(observed.shape[1], device=observed.device)
    cepstrum = _analyse(target, lifter, kept)
    for iteration in range(max_iterations + 1):
        envelope = _synthesise(cepstrum, lifter)
        excess = target - envelope
        highest = excess.amax((0, 2))
        done = highest <= tolerance
        if iteration == max_iterations:
            envelope += (highest - tolerance).clamp_(min=0)[:, None]
            done[:] = True
        finished = done.nonzero()[:, 0]
        if len(finished):
            observed[:, active[finished]] = envelope.index_select(1, finished)
            left = (~done).nonzero()[:, 0]
            if not len(left):
                return
            active = active[left]
            target, cepstrum, excess = (x.index_select(1, left) for x in (target, cepstrum, excess))
            kept = None if kept is None else kept.index_select(1, left)
        update = _analyse(excess.clamp_(min=0), lifter, kept)
        if accelerate:
            whole = (excess.square_() @ lifter.bin_energy).sum(0)
            smooth = (update.square() * lifter.ceps_energy).sum((0, 2))
            update *= (whole / smooth)[:, None]
        cepstrum = cepstrum + update
