"""SoftGAN's converter with generators that are known functions, so that a swapped speaker, way or statistic shows."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import audiolab.systems.softgan.converter as module
from audiolab.config import to_dict
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.speech_profile import profile_of
from audiolab.nn.facts import Facts
from audiolab.systems.softgan.config import SoftGANConfig
from audiolab.systems.softgan.speaker import Speaker

ANALYSIS = EnvelopeConfig()
RATE, BANDS, ORDER = 16000, 32, 40
FEATURE_STD, RANGE_DB = 10.0, 80.0
ORDERS, F0 = {"X": ORDER, "Y": ORDER + 3}, {"X": 100.0, "Y": 150.0}
LEVELS = {"X": 0.0, "Y": -6.0}
"""Of the speech that each speaker's statistics are of, in dB above that of `noise`."""


class Known(nn.Module):
    """Stands in for the generator: adds a curve over the bands; both generators have one of their own."""

    multiple = 4

    def __init__(self, *_):
        super().__init__()
        self.register_buffer("curve", torch.zeros(BANDS))

    def forward(self, x):
        assert x.shape[-1] % self.multiple == 0
        return x + self.curve[:, None]


CURVES = {name: FEATURE_STD * torch.cos(turns * torch.arange(BANDS) / 4) for name, turns in (("xy", 1.0), ("yx", 2.2))}


def noise(seconds=0.9, seed=0):
    """Return stationary noise that falls towards high frequencies; too short to be told from speech."""
    white = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return (0.05 * np.convolve(white, [1, 0.8, 0.3], "same")).astype(np.float32)


def features(wave):
    """Return mel envelopes in dB, [frames, bands], without the ends."""
    return MelEnvelope(ANALYSIS)(wave, ORDER).mel.numpy()[20:-20]


def statistics():
    """Return mean and deviation of X and Y by band: X and Y as loud as `noise`, of different shapes and spreads."""
    level, places = torch.from_numpy(features(noise()).mean(0)), torch.arange(BANDS)
    return {
        "X": (level + 3 * torch.sin(places / 5), torch.full((BANDS,), 4.0) + places / 16),
        "Y": (level - 4 * torch.sin(places / 3), torch.full((BANDS,), 2.5) + places / 10),
    }


def scaling(scale):
    """Return offset and scale of each speaker, as `SoftGAN.setup` has them."""
    if scale == "speaker":
        return {name: (mean, std / FEATURE_STD) for name, (mean, std) in statistics().items()}
    return {
        name: (torch.full((BANDS,), highest - RANGE_DB), torch.full((BANDS,), RANGE_DB / FEATURE_STD))
        for name, highest in (("X", -10.0), ("Y", -16.0))
    }


def converter(monkeypatch, scale, levels=LEVELS):
    monkeypatch.setattr(module, "Generator", Known)
    analysis, state = Facts(), {}
    analysis.values = to_dict(ANALYSIS)
    heard = profile_of([features(noise())], ANALYSIS, "noise")
    for name, (offset, factor) in scaling(scale).items():
        moved = {key: getattr(heard, key) + levels[name] for key in ("level", "mean")}
        speaker, profile = Speaker(BANDS), replace(heard, **moved)
        speaker.set(SimpleNamespace(speaker=name, order=ORDERS[name], f0=F0[name], profile=profile), offset, factor)
        state[f"speaker_{name.lower()}"] = speaker.state_dict()
    share = 1.0 if scale == "speaker" else 0.05
    state |= {f"generator_{way}": {"curve": share * curve} for way, curve in CURVES.items()}
    config = SoftGANConfig(bands=32, scale=scale, feature_std=FEATURE_STD, unit_range_db=RANGE_DB)
    return module.SoftGANConverter(config, state | {"analysis": analysis.state_dict()}, torch.device("cpu"))


def shape(levels):
    """Return the mean over time, without its mean over bands: what no gain changes."""
    mean = np.asarray(levels).mean(0)
    return mean - mean.mean()


@pytest.mark.parametrize("scale", ["speaker", "unit"])
@pytest.mark.parametrize("reverse", [False, True])
def test_conversion_is_generator_between_the_two_speakers_scales(monkeypatch, scale, reverse):
    """Source's level and scale, the generator of that way, target's scale: found again in the audio's envelope."""
    model, wave = converter(monkeypatch, scale), noise()
    before, after, way = ("Y", "X", "yx") if reverse else ("X", "Y", "xy")
    (offset, factor), (other_offset, other_factor) = (scaling(scale)[name] for name in (before, after))
    level = (torch.from_numpy(features(wave)) + LEVELS[before] - offset) / factor
    if scale == "unit":
        level = level.clamp(0, FEATURE_STD)
    curve = (1.0 if scale == "speaker" else 0.05) * CURVES[way]
    expected = shape((level + curve) * other_factor + other_offset)
    found = shape(features(model.convert(wave, RATE, reverse=reverse)))
    assert np.abs(found - expected).max() < 1.5
    assert np.abs(shape(features(wave)) - expected).max() > 4  # it does change much
    assert (model.voice(reverse).source, model.voice(reverse).target) == (before, after)


def test_unit_scale_ends_at_its_limits(monkeypatch):
    """What lies outside the range that was trained on reaches the generator at the range's end."""
    seen = []
    monkeypatch.setattr(Known, "forward", lambda self, x: seen.append(x) or x)
    for level in (-60.0, 60.0):
        converter(monkeypatch, "unit", {"X": level, "Y": 0.0}).convert(noise(), RATE)
    values = torch.cat([x.flatten() for x in seen])
    assert (values.min(), values.max()) == (0, FEATURE_STD)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 11])
def test_any_number_of_frames(monkeypatch, frames):
    """The generator works on multiples of 4 frames; what was filled in is cut off again."""
    wave = noise()[: frames * ANALYSIS.stft.hop - 1]
    assert converter(monkeypatch, "speaker").convert(wave, RATE).shape == wave.shape


@pytest.mark.parametrize(("reverse", "ratio"), [(False, 1.5), (True, 1 / 1.5)])
def test_f0_moves_from_the_source_to_the_target(monkeypatch, reverse, ratio):
    model = converter(monkeypatch, "speaker")
    assert model.voice(reverse, "speakers").ratio == pytest.approx(ratio)
    assert model.voice(reverse, 1.2).ratio == 1.2
    assert model.voice(reverse).ratio == 1.0


@pytest.mark.parametrize(("reverse", "order"), [(False, ORDERS["X"]), (True, ORDERS["Y"])])
def test_the_envelope_is_the_sources(monkeypatch, reverse, order):
    """Its order follows from the F0 of who is analysed."""
    assert converter(monkeypatch, "speaker").voice(reverse).order == order
