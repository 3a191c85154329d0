"""The separator's predictor with networks whose masks are known: in pieces, at any rate and level."""

import tracemalloc

import librosa
import numpy as np
import pytest
import soxr
import torch
from torch import nn

import audiolab.systems.poconet.predictor as module
from audiolab.errors import AudiolabError
from audiolab.synthesis.streaming import blocks_of
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.separator import Separator

CONFIG = PoCoNetConfig(rate=16000, n_fft=512, hop=128, levels=2, first_channels=2, max_channels=2, embeddings=2)
RATE, FFT, HOP, BINS = CONFIG.rate, CONFIG.n_fft, CONFIG.hop, CONFIG.n_fft // 2
GRID = 2 * HOP
"""Where pieces may begin: two levels halve frames once."""


class ByBin(nn.Module):
    """Stands in for the U-Net: masks that are complex, unlike in each bin, the same in each frame."""

    def forward(self, x):
        place = torch.arange(BINS) / BINS
        masks = torch.stack([1 - place, 0.2 * place, place, 0.1 + 0 * place])
        return masks[None, :, :, None].expand(len(x), -1, -1, x.shape[-1])


class ByStrength(nn.Module):
    """Stands in for the U-Net: vocals are what is strong for the level that the mixture is said to have."""

    def forward(self, x):
        strength = x[:, :2].square().sum(1).sqrt()
        mask = strength / (strength + 1)
        return torch.stack([mask, 0 * mask, 1 - mask, 0 * mask], dim=1)


class ByWhole(nn.Module):
    """Stands in for attention: masks that depend on all frames that are given."""

    def forward(self, x):
        mask = torch.zeros_like(x[:, 0]) + x[:, :2].abs().mean((1, 2, 3))[:, None, None].clamp(max=1)
        return torch.stack([mask, 0 * mask, 1 - mask, 0 * mask], dim=1)


class ByPast(nn.Module):
    """Stands in for causal convolutions: masks that depend on the frame and on as many before it as a network sees."""

    def forward(self, x):
        strength = x[:, :2].square().sum(1, keepdim=True).sqrt()
        reach = 20
        padded = nn.functional.pad(strength, (reach, 0))
        mean = nn.functional.avg_pool2d(padded, (1, reach + 1), stride=1)[:, 0]
        mask = mean / (mean + 1)
        return torch.stack([mask, 0 * mask, 1 - mask, 0 * mask], dim=1)


def model_of(monkeypatch, network):
    class Known(Separator):
        def __init__(self, config):
            super().__init__(config)
            self.network = network()

    monkeypatch.setattr(module, "Separator", Known)
    return module.Predictor(CONFIG, Known(CONFIG).state_dict(), torch.device("cpu"))


@pytest.fixture
def by_bin(monkeypatch):
    return model_of(monkeypatch, ByBin)


@pytest.fixture
def by_strength(monkeypatch):
    return model_of(monkeypatch, ByStrength)


def signal(seconds=2.0, seed=0, rate=RATE):
    """Return a tone that comes and goes in noise, float32: level and content change over time."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return (0.1 * np.sin(2 * np.pi * 440 * time) * (1 + np.sin(2 * time)) + 0.02 * noise).astype(np.float32)


def stft(wave):
    return librosa.stft(wave, n_fft=FFT, hop_length=HOP, window="hann", pad_mode="constant")


def masked(wave, masks):
    """Return vocals and accompaniment of a waveform [N] by another library; ``masks`` of its STFT."""
    spectrum = stft(wave)
    return [
        librosa.istft(mask * spectrum, n_fft=FFT, hop_length=HOP, window="hann", length=len(wave)) for mask in masks
    ]


def bin_masks():
    place = np.append(np.arange(BINS), BINS - 1)[:, None] / BINS  # the highest bin has the masks of the one below it
    return 1 - place + 0.2j * place, place + 0.1j


def strength_masks(wave):
    """Return the masks of `ByStrength`, where the level is that of a long signal: by Parseval's theorem."""
    window = librosa.filters.get_window("hann", FFT)
    level = np.std(wave, dtype=np.float64) * np.sqrt(np.square(window).sum() * BINS / (BINS + 1))
    strength = np.abs(stft(wave - wave.mean())) / level
    mask = strength / (strength + 1)
    mask[-1] = mask[-2]
    return mask, 1 - mask


def error_db(found, expected):
    return 10 * np.log10(np.sum((found - expected) ** 2) / np.sum(expected**2) + 1e-15)


def both(found):
    return found["vocals"], found["accompaniment"]


def test_sources_by_their_names(by_bin):
    wave = signal()
    assert (by_bin.rate, by_bin.sources) == (RATE, ("vocals", "accompaniment"))
    found = by_bin.separate(wave, RATE)
    assert list(found) == ["vocals", "accompaniment"]
    for made, expected in zip(both(found), masked(wave - wave.mean(), bin_masks())):
        assert made.dtype == np.float32
        assert made.shape == wave.shape
        assert error_db(made, expected) < -90


def test_level_of_the_whole_is_that_of_its_spectrum(monkeypatch):
    """What the network is given, a mean square of 1 over bins and frames, is what it was trained on."""
    seen = []

    class Watching(ByStrength):
        def forward(self, x):
            seen.append(float(x[:, :2].square().sum(1).mean()))
            return super().forward(x)

    model = model_of(monkeypatch, Watching)
    wave = signal(5)
    model.separate(0.01 * wave, RATE)
    assert seen[0] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("gain", [8.0, 2.0**-10, 1e-3])
def test_gain_in_is_gain_out(by_strength, gain):
    wave = signal()
    plain = by_strength.separate(wave, RATE)
    for made, expected in zip(both(by_strength.separate(np.float32(gain) * wave, RATE)), both(plain)):
        assert error_db(made, gain * expected) < -120
    for made, expected in zip(both(plain), masked(wave - wave.mean(), strength_masks(wave))):
        assert error_db(made, expected) < -90


def test_an_offset_is_no_sound(by_strength):
    wave = signal()
    for offset in (0.03, -0.5):
        shifted = by_strength.separate(wave + np.float32(offset), RATE)
        for made, expected in zip(both(shifted), both(by_strength.separate(wave, RATE))):
            assert error_db(made, expected) < -60


def test_an_offset_is_no_high_band(by_strength):
    wave = signal(rate=44100)
    shifted = by_strength.separate(wave + np.float32(0.25), 44100)
    for made, expected in zip(both(shifted), both(by_strength.separate(wave, 44100))):
        assert error_db(made, expected) < -60


def test_channels_each_by_itself(by_strength):
    """One 40 dB below the other: each has its own level and masks."""
    wave = np.stack([signal(), 0.01 * signal(seed=1)], axis=1)
    found = by_strength.separate(wave, RATE)
    for channel in (0, 1):
        one = wave[:, channel] - wave[:, channel].mean()
        for made, expected in zip(both(found), masked(one, strength_masks(one))):
            assert made.shape == wave.shape
            assert error_db(made[:, channel], expected) < -90


@pytest.mark.parametrize(
    "wave",
    [
        np.zeros(3000), np.full(3000, 0.25), np.zeros((3000, 2)), np.array([0.5]), np.array([[0.5, -0.5]]),
        np.zeros(0), np.zeros((0, 2)), np.zeros((10, 0)), signal(0.02).astype(np.float64),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rate", [RATE, 44100, 8000])
def test_silence_offsets_single_samples_and_nothing(by_strength, wave, rate):
    for made in both(by_strength.separate(wave, rate)):
        assert made.shape == wave.shape
        assert made.dtype == np.float32
        assert np.isfinite(made).all()
        assert np.abs(made).max(initial=0) <= 2 * np.abs(wave - wave[:1]).max(initial=0) + 1e-6


@pytest.mark.parametrize(
    ("wave", "message"),
    [(np.zeros(9, np.int16), "audio of type int16"), (np.zeros((2, 2, 2)), "audio of shape"),
     (np.full(9, np.nan), "sample 0 is NaN")],
)  # fmt: skip
def test_what_is_no_audio_is_refused(by_bin, wave, message):
    with pytest.raises(AudiolabError, match=message):
        by_bin.separate(wave, RATE)


@pytest.mark.parametrize("rate", [24000, 44100, 48000])
@pytest.mark.parametrize("channels", [None, 2])
def test_sources_of_other_rates(by_bin, rate, channels):
    """Below half of the model's rate as there; the accompaniment has what is above, where that is kept."""
    wave = signal(rate=rate) if channels is None else np.stack([signal(rate=rate), signal(seed=3, rate=rate)], axis=1)
    first = wave if channels is None else wave[:, 1]
    low = soxr.resample(first, rate, RATE, quality="HQ")
    expected = [soxr.resample(made, RATE, rate, quality="HQ") for made in masked(low - low.mean(), bin_masks())]
    middle = slice(rate // 4, -rate // 4)
    high = (first - soxr.resample(low, RATE, rate, quality="HQ")[: len(first)])[middle]
    for high_band, above in ((False, [0, 0]), (True, [0, high])):
        found = by_bin.separate(wave, rate, high_band=high_band)
        for made, below, more in zip(both(found), expected, above):
            assert made.shape == wave.shape
            one = made if channels is None else made[:, 1]
            assert error_db(one[middle], below[middle] + more) < -50
    assert np.square(high).mean() > 0.1 * 0.02**2


def test_what_the_model_cannot_hear_has_no_part_in_the_level(by_strength):
    wave = signal(rate=44100)
    tone = (0.5 * np.sin(2 * np.pi * 15000 * np.arange(len(wave)) / 44100)).astype(np.float32)
    middle = slice(4000, -4000)
    plain, found = (by_strength.separate(each, 44100) for each in (wave, wave + tone))
    assert error_db(found["vocals"][middle], plain["vocals"][middle]) < -40
    assert error_db(found["accompaniment"][middle], (plain["accompaniment"] + tone)[middle]) < -40


def test_kept_high_band_lets_sources_sum_to_the_mixture(monkeypatch):
    """Where the masks do, as those of this network."""
    model = model_of(monkeypatch, ByStrength)
    for rate in (44100, 8000):
        wave = signal(rate=rate)
        assert error_db(sum(both(model.separate(wave, rate))), wave - wave.mean()) < -70


@pytest.mark.parametrize(("block", "chunk_s", "overlap"), [(777, 0.3, 0.25), (RATE, 0.5, 0.5), (5000, 10.0, 0.0),
                                                           (3000, 0.3, 0.0), (100, 0.001, 0.25)])  # fmt: skip
@pytest.mark.parametrize("rate", [RATE, 44100])
def test_pieces_have_no_seams(by_strength, block, chunk_s, overlap, rate):
    """However audio comes in and is cut: masks that look at their own frame alone are those of the whole."""
    wave = np.stack([signal(3, rate=rate), 0.1 * signal(3, seed=1, rate=rate)], axis=1)
    blocks = [wave[start : start + block] for start in range(0, len(wave), block)]
    level = by_strength.level(blocks, rate)
    found = np.concatenate(list(by_strength.stream(blocks, rate, level, True, chunk_s, overlap)))
    assert found.shape == (len(wave), 2, 2)
    for made, expected in zip(found.swapaxes(0, 1), both(by_strength.separate(wave, rate))):
        assert error_db(made, expected) < -90


def test_a_piece_is_given_what_was_before_it(monkeypatch):
    """With as much before it as its network sees, a piece is as in the whole."""
    model = model_of(monkeypatch, ByPast)
    wave = signal(4)
    whole = model.separate(wave, RATE, chunk_s=100)
    for overlap, most in ((0.5, -90), (0.0, 0)):
        found = model.separate(wave, RATE, chunk_s=1.0, overlap=overlap)
        errors = [error_db(made, expected) for made, expected in zip(both(found), both(whole))]
        assert max(errors) < most
    assert max(errors) > -80  # without, it is not


def test_what_depends_on_a_whole_chunk_goes_over_in_a_cross_fade(monkeypatch):
    """As attention does. Between the chunks' own regions the sources lie between theirs, and nothing jumps."""
    model = model_of(monkeypatch, ByWhole)
    loud = np.concatenate([0.05 * np.ones(RATE), 0.4 * np.ones(RATE)])
    wave = (loud * np.sin(2 * np.pi * 500 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    found = model.separate(wave, RATE, chunk_s=1.0, overlap=0.5)["vocals"]
    bare = model.separate(wave, RATE, chunk_s=1.0, overlap=0.0)["vocals"]
    share, bare_share = (np.abs(stft(made))[16] / np.abs(stft(wave))[16] for made in (found, bare))
    steps, bare_steps = (np.abs(np.diff(of[4:-4])) for of in (share, bare_share))
    assert steps.max() < 0.15 * bare_steps.max()
    assert steps.max() < 0.1 * np.ptp(share[4:-4])


@pytest.mark.parametrize(("chunk_s", "overlap"), [(1.0, 0.0), (3.0, 0.25), (1.0, 0.5)])
def test_a_network_hears_as_much_at_a_time_as_it_is_told(monkeypatch, chunk_s, overlap):
    frames = []

    class Watching(ByStrength):
        def forward(self, x):
            frames.append(x.shape[-1])
            return super().forward(x)

    model = model_of(monkeypatch, Watching)
    seconds = 5 * chunk_s
    model.separate(np.zeros(round(seconds * RATE)), RATE, chunk_s=chunk_s, overlap=overlap)
    chunk = max(1, round(chunk_s * RATE / GRID)) * GRID
    assert max(frames) == (chunk + FFT) // HOP + 1
    assert len(frames) == pytest.approx(5 / (1 - overlap), abs=1.5)


def test_the_level_is_that_of_the_whole_however_long_it_is(by_strength):
    """More than is read at a time, and louder at its end."""
    wave = np.concatenate([0.1 * signal(20), signal(3, seed=1)])
    found = by_strength.separate(wave, RATE)
    for made, expected in zip(both(found), masked(wave - wave.mean(), strength_masks(wave))):
        assert error_db(made[: RATE * 20], expected[: RATE * 20]) < -80


def test_a_stream_has_the_level_of_what_it_has_heard(by_strength):
    wave = np.concatenate([0.1 * signal(2), signal(2, seed=1)])
    found = np.concatenate(list(by_strength.stream(blocks_of(wave, 4096), RATE, None, True, 0.5, 0.0)))[:, 0, 0]
    end = slice(len(wave) - 4000, len(wave))
    whole = masked(wave - wave.mean(), strength_masks(wave))[0]
    assert error_db(found[end], whole[end]) < -30
    begin = slice(0, RATE // 2)
    assert error_db(found[begin], whole[begin]) > -20  # the level matters


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_memory_does_not_grow_with_the_length(by_bin, rate):
    def blocks(seconds):
        for _ in range(4 * seconds):
            yield np.zeros((rate // 4, 2), np.float32)

    peaks, counts = [], []
    for seconds in (4, 8, 16):
        level = by_bin.level(blocks(1), rate)
        tracemalloc.start()
        counts.append(sum(len(block) for block in by_bin.stream(blocks(seconds), rate, level, True, 1.0, 0.25)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert counts == [4 * rate, 8 * rate, 16 * rate]
    assert peaks[2] < 1.2 * peaks[1] < 1e7


def test_blocks_that_come_are_not_changed(by_bin):
    wave = signal(1, rate=44100)
    before = wave.copy()
    by_bin.separate(wave, 44100)
    assert (wave == before).all()
