"""Stretching in time: pitch, level and timbre stay, what happens comes later in proportion."""

import numpy as np
import pytest
from scipy import signal

from audiolab.synthesis.time_stretch import _nearest_peak, stretch

RATE = 16000
RATIOS = (0.8, 0.97, 1.06, 1.2, 2.0)


def level(wave):
    return 20 * np.log10(np.std(wave[RATE // 4 : -RATE // 4]))


@pytest.mark.parametrize("ratio", RATIOS)
def test_partials_keep_frequency_and_level(ratio):
    """Three partials, one of them 40 dB below its neighbour, come out as they would be if they had gone on."""
    time, samples = np.arange(2 * RATE) / RATE, round(2 * RATE * ratio)
    partials = {211.0: 0.3, 1000.0: 0.5, 1250.0: 0.005}
    found = stretch(sum(a * np.sin(2 * np.pi * f * time) for f, a in partials.items()), samples)
    assert found.shape == (samples,)
    assert found.dtype == np.float32
    middle = found[RATE // 4 : RATE // 4 + RATE]  # a second: each Hz is a bin
    spectrum = np.abs(np.fft.rfft(middle * signal.get_window("hann", RATE))) * 4 / RATE
    for frequency, amplitude in partials.items():
        assert 20 * np.log10(spectrum[round(frequency)] / amplitude) == pytest.approx(0, abs=0.2)
    spectrum[[round(f) + k for f in partials for k in range(-15, 16)]] = 0
    assert spectrum.max() < 1e-4


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_voice_with_vibrato_keeps_its_level(ratio):
    time = np.arange(2 * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(220 * 2 ** (0.5 / 12 * np.sin(2 * np.pi * 5.5 * time))) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 20))
    assert level(stretch(voice, round(len(voice) * ratio))) == pytest.approx(level(voice), abs=0.6)


@pytest.mark.parametrize("ratio", RATIOS)
def test_events_come_later_in_proportion(ratio):
    wave = np.zeros(2 * RATE, np.float32)
    places = [RATE // 3, RATE, 3 * RATE // 2]
    wave[places] = 1.0
    energy = np.convolve(stretch(wave, round(2 * RATE * ratio)) ** 2, np.ones(1024), "same")
    for place in places:
        begin = round(place * ratio) - 2000
        around = energy[begin : begin + 4000]
        middle = (np.arange(4000) * around).sum() / around.sum()
        assert middle == pytest.approx(2000, abs=160)


def test_at_its_own_length_a_signal_stays_as_it_is():
    wave = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert stretch(wave, RATE) == pytest.approx(wave, abs=1e-4)


def test_silence_stays_silence_and_does_not_spoil_what_follows():
    wave = np.sin(2 * np.pi * 500 * np.arange(2 * RATE) / RATE)
    wave[: RATE // 2] = 0
    found = stretch(wave, 2 * RATE + 3200)
    assert not found[: RATE // 2 - 2000].any()
    assert np.sqrt(2) * np.std(found[RATE:]) == pytest.approx(1, abs=0.02)
    assert not stretch(np.zeros(5000), 6000).any()


@pytest.mark.parametrize("samples", [1, 100, 255, 257])
def test_short_signals(samples):
    assert np.isfinite(stretch(np.ones(200, np.float32), samples)).all()
    assert stretch(np.ones(200, np.float32), samples).shape == (samples,)


def test_the_nearest_peak():
    generator = np.random.default_rng(0)
    power = generator.random((20, 65))
    found = _nearest_peak(power)
    for row, of in zip(power, found):
        peaks = [k for k in range(65) if row[k] == row[max(0, k - 2) : k + 3].max()]
        assert of.tolist() == [min(peaks, key=lambda peak: (abs(peak - k), peak)) for k in range(65)]
