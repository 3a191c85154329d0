"""Envelope filtering: a bypass when nothing changes, the wanted gain when something does, the same in chunks."""

import numpy as np
import pytest
import torch

from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.mel import mel_centres
from audiolab.features.stft import stft
from audiolab.synthesis.envelope_filter import EnvelopeFilterConfig, apply_envelope, context_samples, interpolation
from audiolab.synthesis.long_audio import Pieces, in_pieces
from audiolab.synthesis.overlap_add import overlap_add
from audiolab.synthesis.speechlike import speech_like

CONFIG = EnvelopeConfig()
EXTRACT = MelEnvelope(CONFIG)
WAVE = speech_like(1.5, 16000, 150, np.random.default_rng(0)).astype(np.float32)


def converted(wave, change, filtering=None):
    """Return ``wave`` with its mel envelope m replaced by change(m)."""
    spectrum, mel = stft(torch.from_numpy(wave), CONFIG.stft), EXTRACT(wave, 45).mel
    return overlap_add(apply_envelope(spectrum, mel, change(mel), CONFIG, filtering), CONFIG.stft, len(wave)).numpy()


def decibels(error, signal):
    return 10 * np.log10((error**2).sum() / (signal**2).sum() + 1e-30)


def test_identity_is_a_bypass():
    assert decibels(converted(WAVE, lambda mel: mel) - WAVE, WAVE) < -100


def test_constant_gain_is_that_gain_within_the_limit():
    louder = converted(WAVE, lambda mel: mel + 6)
    assert decibels(louder - WAVE * 10 ** (6 / 20), louder) < -90
    limited = converted(WAVE, lambda mel: mel - 60)
    assert decibels(limited - WAVE * 10 ** (-24 / 20), limited) < -90


def test_gain_is_the_mean_over_neighbouring_frames():
    """A change of one frame is spread over three at a third each; with smooth_frames 1 it stays where it is."""
    spectrum, _, mel = EXTRACT(WAVE, 45)
    wanted = mel.clone()
    wanted[50] += 12
    for frames, share in ((3, {49: 4.0, 50: 4.0, 51: 4.0}), (1, {50: 12.0})):
        changed = apply_envelope(spectrum, mel, wanted, CONFIG, EnvelopeFilterConfig(smooth_frames=frames))
        gain = 20 * (changed.abs() / spectrum.abs().clamp_min(1e-12)).clamp_min(1e-6).log10()
        expected = torch.zeros(len(mel))
        for frame, value in share.items():
            expected[frame] = value
        torch.testing.assert_close(gain[:, 100], expected, atol=1e-3, rtol=0)


def test_envelope_moves_to_where_it_is_wanted():
    tilt = torch.linspace(-8, 8, 32)
    found = EXTRACT(converted(WAVE, lambda mel: mel + tilt), 45).mel
    before = EXTRACT(WAVE, 45).mel
    loud = before.mean(1) > -60
    error = (found - before - tilt)[loud].abs()
    assert error.median() < 0.5
    assert (found - before)[loud].std(1).mean() > 4


def test_gain_is_linear_in_mel_and_held_at_the_ends():
    matrix = interpolation(CONFIG).numpy()
    assert np.allclose(matrix.sum(0), 1)
    frequency = np.arange(513) * 15.625
    centres = mel_centres(32, 0, 8000)
    assert np.allclose(matrix[0, frequency <= centres[0]], 1)
    assert np.allclose(matrix[-1, frequency >= centres[-1]], 1)
    mel = 2595 * np.log10(1 + frequency / 700)
    inside = (frequency >= centres[0]) & (frequency <= centres[-1])
    assert np.allclose((2595 * np.log10(1 + centres / 700) @ matrix)[inside], mel[inside])


def test_change_over_time_is_limited_without_delay():
    spectrum = torch.ones(100, 513, dtype=torch.complex64)
    source, wanted = torch.zeros(100, 32), torch.zeros(100, 32)
    wanted[40:60] = 20.0
    limited = EnvelopeFilterConfig(smooth_frames=1, max_change_db=1.5)
    gain = 20 * apply_envelope(spectrum, source, wanted, CONFIG, limited).abs().log10()
    assert gain.diff(dim=0).abs().max() < 1.5 + 1e-4
    assert (gain - gain.flip(0)).abs().max() < 1e-4  # symmetric in time, as the step is
    assert gain[39:41, 0].tolist() == pytest.approx([9.25, 10.75], abs=1e-3)  # half-way up the step, where it is
    fallen = 20 * apply_envelope(spectrum, source, -wanted, CONFIG, limited).abs().log10()
    assert (gain + fallen).abs().max() < 1e-4  # what falls is limited as what rises
    slow = torch.linspace(0, 10, 100)[:, None].expand(-1, 32)
    kept = 20 * apply_envelope(spectrum, source, slow, CONFIG, limited).abs().log10()
    assert (kept - slow[:, :1]).abs().max() < 1e-4


@pytest.mark.parametrize("max_change_db", [None, 3.0])
@pytest.mark.parametrize(("chunk_frames", "block"), [(40, 1000), (100, 7777), (500, 10**6)])
def test_in_chunks_it_is_the_same(max_change_db, chunk_frames, block):
    filtering = EnvelopeFilterConfig(max_change_db=max_change_db)
    tilt = torch.linspace(-20, 10, 32)

    def change(mel):
        return mel * 0.8 + tilt * torch.sin(mel.mean(1, keepdim=True))

    whole = converted(WAVE, change, filtering)
    blocks = (WAVE[start : start + block] for start in range(0, len(WAVE), block))
    context = context_samples(CONFIG, filtering)
    pieces = Pieces(chunk_frames * CONFIG.stft.hop, left=context, right=context)
    joined = np.concatenate(
        list(in_pieces(blocks, lambda segment, first: converted(segment, change, filtering), pieces))
    )
    assert len(joined) == len(whole)
    assert decibels(joined - whole, whole) < -80
    assert decibels(whole - WAVE, WAVE) > -20  # something was changed at all


def test_wrong_filters_are_refused():
    for wrong in ({"smooth_frames": 2}, {"limit_db": 0.0}, {"max_change_db": -1.0}):
        with pytest.raises(ValueError, match="must be"):
            EnvelopeFilterConfig(**wrong)
