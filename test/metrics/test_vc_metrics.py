"""Log-spectral and modulation-spectrum distance, collapse, prosody: closed forms."""

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.metrics.collapse import collapse, is_collapsed, shape_variance
from audiolab.metrics.modulation import modulation_spectrum, modulation_spectrum_distance
from audiolab.metrics.prosody import log_f0_rmse, voicing_error
from audiolab.metrics.spectral import log_spectral_distance

BANDS, FRAMES = 32, 400


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def bands(rng):
    """Band levels in dB that differ from frame to frame."""
    return 8 * rng.standard_normal((FRAMES, BANDS)) - 40


def collapsed(result):
    return is_collapsed(result.variance_ratio, result.dependence)


def test_log_spectral_distance_of_known_differences(bands):
    sign = np.where(np.arange(BANDS) % 2, 1.0, -1.0)
    assert log_spectral_distance(bands, bands + 3 * sign) == pytest.approx(3)
    assert log_spectral_distance(bands, bands + 6) == pytest.approx(0, abs=1e-12)
    assert log_spectral_distance(bands, bands + 6, remove_level=False) == pytest.approx(6)


def test_modulation_spectrum_of_a_sinusoid_peaks_at_its_rate():
    time = np.arange(2000) / 200
    cepstra = np.zeros((2000, 3))
    cepstra[:, 1] = np.sin(2 * np.pi * 12.5 * time)
    spectrum = modulation_spectrum(cepstra, frame_rate=200)
    assert spectrum.shape == (32, 2)  # 1.5625 Hz apart, up to 50 Hz
    assert (spectrum[:, 0].argmax() + 1) * 200 / 128 == 12.5
    assert (spectrum[:, 1] == -120).all()


def test_modulation_spectrum_is_that_of_hann_segments_without_their_means(rng):
    """Slow movement counts: a segment keeps its trend."""
    cepstra = rng.standard_normal((600, 4)).cumsum(axis=0)
    segments = np.lib.stride_tricks.sliding_window_view(cepstra[:, 1:], 128, axis=0)[::64]
    window = np.sin(np.pi * np.arange(128) / 128) ** 2
    spectra = np.fft.rfft((segments - segments.mean(-1, keepdims=True)) * window)
    power = 2 * (np.abs(spectra) ** 2).mean(0).T / (200 * (window**2).sum())
    np.testing.assert_allclose(modulation_spectrum(cepstra, 200), 10 * np.log10(power[1:33]), atol=1e-6)


def test_scaling_trajectories_moves_the_modulation_spectrum_by_that_many_decibels(rng):
    cepstra = rng.standard_normal((600, 25))
    natural = modulation_spectrum(cepstra, 200)
    assert modulation_spectrum_distance(natural, natural) == 0
    assert modulation_spectrum_distance(natural, modulation_spectrum(cepstra / 2, 200)) == pytest.approx(
        20 * np.log10(2), rel=1e-9
    )


def test_smoothing_raises_the_modulation_spectrum_distance(rng):
    natural = modulation_spectrum(rng.standard_normal((2000, 25)), 200)
    other = rng.standard_normal((2000, 25))
    smooth = np.apply_along_axis(np.convolve, 0, other, np.ones(9) / 9, mode="same")
    plain, smoothed = (modulation_spectrum_distance(natural, modulation_spectrum(c, 200)) for c in (other, smooth))
    assert plain < 2
    assert smoothed > 8


def test_too_short_for_a_modulation_spectrum():
    with pytest.raises(AudiolabError, match="fewer than one segment"):
        modulation_spectrum(np.zeros((127, 25)), 200)


def test_natural_speech_has_not_collapsed(bands):
    result = collapse(bands, bands + 3, shape_variance(bands))
    assert result.variance_ratio == pytest.approx(1)
    assert result.dependence == pytest.approx(1)
    assert not collapsed(result)


def test_a_constant_envelope_that_follows_the_energy_has_collapsed(bands, rng):
    constant = np.linspace(-20, -60, BANDS)
    loudness = bands.mean(axis=1, keepdims=True)
    result = collapse(bands, constant + loudness, shape_variance(bands))
    assert result.variance_ratio == pytest.approx(0, abs=1e-12)
    assert result.dependence == pytest.approx(0, abs=1e-6)
    assert collapsed(result)


@pytest.mark.parametrize(("ratio", "expected"), [(0.03, True), (0.08, True), (0.12, False), (1.0, False)])
def test_under_a_tenth_of_the_variance_it_has_collapsed(bands, ratio, expected):
    """A constant envelope has .08 or so, once it is estimated from sound."""
    mean = bands.mean(axis=0)
    result = collapse(bands, mean + np.sqrt(ratio) * (bands - mean), shape_variance(bands))
    assert result.variance_ratio == pytest.approx(ratio)
    assert result.dependence == pytest.approx(1)
    assert collapsed(result) == expected


def test_output_that_ignores_its_input_has_collapsed_though_it_varies(bands, rng):
    other = 8 * rng.standard_normal(bands.shape)
    result = collapse(bands, other, shape_variance(bands))
    assert result.variance_ratio == pytest.approx(1, abs=0.2)
    assert abs(result.dependence) < 0.1
    assert collapsed(result)


def test_variance_ratio_and_dependence_of_a_mixture(bands, rng):
    shape = bands - bands.mean(axis=1, keepdims=True)
    other = 8 * rng.standard_normal(bands.shape)
    other -= other.mean(axis=1, keepdims=True)
    result = collapse(bands, 0.6 * shape + 0.8 * other, shape_variance(bands))
    assert result.variance_ratio == pytest.approx(1, abs=0.2)
    assert result.dependence == pytest.approx(0.6, abs=0.05)


def test_frames_choose_what_collapse_is_measured_on(bands):
    converted = bands.copy()
    converted[300:] = 0
    speech = np.arange(300)
    result = collapse(bands, converted, shape_variance(bands[:300]), speech, speech)
    assert result.variance_ratio == pytest.approx(1)
    assert result.dependence == pytest.approx(1)


def test_dependence_is_undefined_where_the_timing_is_another(bands):
    result = collapse(bands, bands[: FRAMES - 3], shape_variance(bands))
    assert np.isnan(result.dependence)
    assert not collapsed(result)
    assert collapse(bands, bands[: FRAMES - 2], shape_variance(bands)).dependence == pytest.approx(1)


def test_log_f0_rmse_and_voicing_error():
    reference = np.array([100.0, 200, 0, 0, 120])
    other = np.array([200.0, 400, 0, 90, 0])
    assert log_f0_rmse(reference, other) == pytest.approx(np.log(2))
    assert voicing_error(reference, other) == pytest.approx(2 / 5)
    assert np.isnan(log_f0_rmse(np.zeros(3), np.ones(3)))
