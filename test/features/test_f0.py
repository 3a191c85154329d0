"""F0 of signals whose F0 is known, and ranges that survive octave errors."""

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import StftConfig
from audiolab.features.f0 import estimate_f0, speaker_f0_range
from audiolab.synthesis.speechlike import formant_filter, glottal_pulses


def vowel(f0, rate=16000):
    return 0.1 * formant_filter(glottal_pulses(f0, rate), (700, 1200, 2600, 3500), rate)


@pytest.mark.parametrize("method", ["dio", "harvest"])
def test_follows_a_glide(method):
    truth = np.linspace(100, 180, 16000)
    found = estimate_f0(vowel(truth), 16000, method=method)
    assert len(found) == 201
    inner = slice(20, 180)
    assert (found[inner] > 0).all()
    assert np.abs(found[inner] / truth[::80][inner] - 1).max() < 0.02


@pytest.mark.parametrize("truth", [97.3, 126.3, 203.1])
def test_dio_is_refined_which_noise_shows(truth):
    """At an SNR of 13 dB it is off by .1 to .2 % of F0, and by .3 % as DIO alone has it."""
    time, generator = np.arange(32000) / 16000, np.random.default_rng(0)
    tones = sum(0.1 / k * np.sin(2 * np.pi * k * truth * time) for k in range(1, 12))
    found = estimate_f0(tones + 0.22 * tones.std() * generator.standard_normal(32000), 16000)[20:-20]
    assert (found > 0).all()
    assert np.abs(found / truth - 1).mean() < 0.0022


@pytest.mark.parametrize("method", ["dio", "harvest"])
@pytest.mark.parametrize("samples", [1, 79, 80, 1000, 2003])
def test_one_frame_for_each_of_the_stft_at_any_length(method, samples):
    for grid in (StftConfig(), StftConfig(rate=22050, n_fft=2048)):
        noise = np.random.default_rng(0).standard_normal(samples)
        f0 = estimate_f0(noise, grid.rate, grid.shift_ms, method=method)
        assert len(f0) == grid.frames(samples)


def test_range_of_a_speaker_survives_octave_errors():
    generator = np.random.default_rng(0)
    truth = 120 * 2 ** generator.normal(0, 0.15, 5000)
    clean = speaker_f0_range([truth])
    shift = generator.choice([0.5, 1, 2], 5000, p=[0.1, 0.8, 0.1])
    unvoiced = np.zeros(3000)
    dirty = speaker_f0_range([unvoiced, *np.split(truth * shift, 10)])
    assert np.allclose(dirty, clean, rtol=0.12)
    assert abs(dirty.median / 120 - 1) < 0.02
    assert dirty.floor < np.percentile(truth, 3)
    assert dirty.ceiling > np.percentile(truth, 97)


@pytest.mark.parametrize("f0s", [[], [np.zeros(10)]])
def test_speaker_without_voiced_frames_is_named(f0s):
    with pytest.raises(AudiolabError, match="speaker 'A': no voiced frame"):
        speaker_f0_range(f0s, "speaker 'A'")
