"""The enhancer's predictor with a network that is a known mask, which depends on the level that it is told."""

import librosa
import numpy as np
import pytest
import soxr
import torch
from torch import nn

import audiolab.systems.srst.predictor as module
from audiolab.systems.srst.config import ClassifierConfig, EnhancerConfig
from audiolab.systems.srst.domain_classifier import DomainClassification
from audiolab.systems.srst.enhancer import Enhancer

CONFIG = EnhancerConfig(widths=[4, 8, 8], consistency="none")
RATE, FFT, HOP = CONFIG.rate, CONFIG.n_fft, CONFIG.hop


class Parts(nn.Module):
    """Stands in for the U-Net's encoder: the spectrum itself, real and imaginary part."""

    def forward(self, parts):
        return [parts]


class Mask(nn.Module):
    """Stands in for its decoder: speech is what is strong for the mixture's level, noise the rest with a sign."""

    def forward(self, features):
        (parts,) = features
        strength = parts.square().sum(1, keepdim=True).sqrt()
        speech = parts * strength / (strength + 3)
        return torch.cat([speech, speech - parts], dim=1)


class Known(Enhancer):
    def __init__(self, config):
        super().__init__(config)
        self.encoder, self.decoder = Parts(), Mask()


def masked(wave, heard=None):
    """Return what the known network gives for a whole waveform [N]: speech and noise, by another library.

    Mean and deviation are those of ``heard``, which is the whole by itself.
    """
    heard = wave if heard is None else heard
    deviation, wave = heard.std(dtype=np.float64), wave - heard.mean(dtype=np.float64)
    spectrum = librosa.stft(wave, n_fft=FFT, hop_length=HOP, window="hamming", pad_mode="constant")
    strength = np.abs(spectrum) / deviation
    speech = spectrum * strength / (strength + 3)
    return [
        librosa.istft(part, n_fft=FFT, hop_length=HOP, window="hamming", length=len(wave))
        for part in (speech, speech - spectrum)
    ]


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setattr(module, "Enhancer", Known)
    return module.Predictor(CONFIG, Known(CONFIG).state_dict(), torch.device("cpu"))


def signal(seconds=3.0, seed=0, rate=RATE):
    """Return a tone that comes and goes in noise, float32: level and content change over time."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return (0.1 * np.sin(2 * np.pi * 440 * time) * (1 + np.sin(2 * time)) + 0.02 * noise).astype(np.float32)


def error_db(found, expected):
    return 10 * np.log10(np.sum((found - expected) ** 2) / np.sum(expected**2))


def test_speech_of_the_whole(model):
    wave = signal()
    assert error_db(model.enhance(wave, RATE), masked(wave)[0]) < -90


def test_parts_in_their_order():
    """As the network gives them to training; those who enhance hear the first."""
    waves = np.stack([signal(1), 3 * signal(1, seed=1)])
    with torch.no_grad():
        both = Known(CONFIG)(torch.from_numpy(waves - waves.mean(-1, keepdims=True)))
    for found, part in zip(both, (0, 1)):
        for row, wave in zip(found.numpy(), waves):
            assert error_db(row, masked(wave)[part]) < -90


def test_an_offset_is_no_sound(model):
    wave = signal()
    plain = model.enhance(wave, RATE)
    for offset in (0.03, -0.5):
        assert error_db(model.enhance(wave + np.float32(offset), RATE), plain) < -60
        blocks = [wave[start : start + 999, None] + np.float32(offset) for start in range(0, len(wave), 999)]
        pieces = np.concatenate(list(model.stream(blocks, RATE, model.level(blocks, RATE), 0.2)))[:, 0]
        assert error_db(pieces, plain) < -60


@pytest.mark.parametrize("level", [1.0, 0.01])
def test_level_goes_through(model, level):
    wave = signal()
    assert error_db(model.enhance(level * wave, RATE), level * masked(wave)[0]) < -90


def test_channels_each_by_itself(model):
    """One 40 dB below the other: each has its own level."""
    wave = np.stack([signal(), 0.01 * signal(seed=1)], axis=1)
    found = model.enhance(wave, RATE)
    for channel in (0, 1):
        assert error_db(found[:, channel], masked(wave[:, channel])[0]) < -90


@pytest.mark.parametrize(("block", "chunk_s"), [(777, 0.1), (RATE, 0.5), (5000, 20.0)])
def test_pieces_with_the_level_of_the_whole(model, block, chunk_s):
    """However the audio comes in, and however long the pieces."""
    wave = signal(4)
    blocks = [wave[start : start + block, None] for start in range(0, len(wave), block)]
    found = np.concatenate(list(model.stream(blocks, RATE, model.level(blocks, RATE), chunk_s)))[:, 0]
    assert error_db(found, masked(wave)[0]) < -80


def test_stream_has_the_level_of_what_it_has_heard(model):
    """The first piece knows itself and its context, the last one all; so a stream is louder where it began quiet."""
    wave = np.concatenate([0.1 * signal(2), signal(2, seed=1)])
    size = 4096
    blocks = [wave[start : start + size, None] for start in range(0, len(wave), size)]
    found = np.concatenate(list(model.stream(blocks, RATE, None, 0.25)))[:, 0]
    heard = wave[: -(-round(RATE * model.delay_s(0.25)) // size) * size]
    begin = slice(0, RATE // 4 - FFT)
    assert error_db(found[begin], masked(wave, heard)[0][begin]) < -60
    end = slice(len(wave) - size, len(wave))
    assert error_db(found[end], masked(wave)[0][end]) < -80
    assert error_db(found[begin], masked(wave)[0][begin]) > -20  # the level matters


@pytest.mark.parametrize("rate", [8000, 44100])
def test_other_rates_are_resampled_there_and_back(model, rate):
    wave = signal(2, rate=rate)
    inner = masked(soxr.resample(wave, rate, RATE, quality="HQ"))[0]
    expected = soxr.resample(inner, RATE, rate, quality="HQ")
    found = model.enhance(wave, rate)
    assert found.shape == wave.shape
    middle = slice(rate // 4, -rate // 4)
    assert error_db(found[middle], expected[middle]) < -50


def test_domain_probability_is_the_classifiers(monkeypatch):
    """Of the target: high log odds, here a known function of the mixture, are a probability near 1."""

    class Loudness(nn.Module):
        def __init__(self, *_):
            super().__init__()

        def forward(self, parts):
            return parts[:, 0, 1].mean(-1)

    monkeypatch.setattr(module, "Enhancer", Known)
    monkeypatch.setattr(module, "DomainClassifier", Loudness)
    state = {"enhancer": Known(CONFIG).state_dict(), "classifier": {}}
    model = DomainClassification.predictor(ClassifierConfig("run", CONFIG), state, torch.device("cpu"))
    waves = np.stack([signal(1), 0.5 + signal(1, seed=2), 0.3 - signal(1, seed=3)])
    spectra = [librosa.stft(w, n_fft=FFT, hop_length=HOP, window="hamming", pad_mode="constant") for w in waves]
    odds = [spectrum[1].real / wave.std() for spectrum, wave in zip(spectra, waves)]
    padded = [np.pad(each, (0, -len(each) % 4)).mean() for each in odds]
    expected = 1 / (1 + np.exp(-np.array(padded, dtype=np.float64)))
    assert len({round(each, 2) for each in expected}) > 1
    np.testing.assert_allclose(model.target_probability(torch.from_numpy(waves)).numpy(), expected, rtol=1e-4)
