"""Ratios of separated sources: what they are by definition, and that museval has the same."""

import numpy as np
import pytest

from audiolab.metrics.bss import RATIOS, bss_eval, sdr

RATE = 8000


def song(seconds=6.3, channels=1, seed=0):
    """Return (sources, estimates), [2, N, C]: coloured noise whose level changes, leaking, filtered, with noise."""
    generator = np.random.default_rng(seed)
    length = round(seconds * RATE)
    noise = generator.standard_normal((2, length, channels))
    smooth = noise + 0.9 * np.roll(noise, 1, axis=1) + 0.5 * np.roll(noise, 2, axis=1)
    level = 10 ** (np.repeat(generator.uniform(-2, 0, (2, 16, 1)), -(-length // 16), axis=1)[:, :length])
    sources = smooth * level * 0.1
    leak = 0.8 * sources + 0.3 * sources[::-1] + 0.1 * np.roll(sources, 40, axis=1)
    return sources, leak + 0.003 * generator.standard_normal(sources.shape)


@pytest.mark.parametrize("channels", [1, 2])
def test_sdr_is_musevals(channels):
    sources, estimates = song(channels=channels)
    own, theirs = sdr(sources, estimates, RATE), bss_eval(sources, estimates, RATE)
    assert own.shape == (2, 6)
    assert np.abs(own - theirs["sdr"]).max() < 1e-3
    assert set(theirs) == set(RATIOS)
    assert all(np.isfinite(values).all() for values in theirs.values())


def test_sdr_is_the_ratio_of_energies_of_each_frame():
    sources, estimates = song(3.5)
    found = sdr(sources, estimates, RATE)
    for source in (0, 1):
        for frame in range(3):
            s, e = (signals[source, frame * RATE : (frame + 1) * RATE, 0] for signals in (sources, estimates))
            assert found[source, frame] == pytest.approx(10 * np.log10(np.dot(s, s) / np.dot(s - e, s - e)))


def test_one_channel_may_be_without_its_axis_and_any_length_is_exact_in_float32():
    sources, estimates = song(2.0)
    expected = sdr(sources, estimates, RATE)
    np.testing.assert_allclose(sdr(sources[..., 0], estimates[..., 0], RATE), expected)
    narrow = [signals.astype(np.float32) for signals in (sources, sources * (1 + 1e-3))]
    np.testing.assert_allclose(sdr(*narrow, RATE), 60.0, atol=1e-2)


@pytest.mark.parametrize("which", ["reference", "estimate"])
def test_a_silent_frame_of_one_is_nan_for_all_as_it_is_for_museval(which):
    sources, estimates = song(4.0)
    (sources if which == "reference" else estimates)[1, RATE : 2 * RATE] = 0
    own, theirs = sdr(sources, estimates, RATE), bss_eval(sources, estimates, RATE)["sdr"]
    np.testing.assert_array_equal(np.isnan(own), [[False, True, False, False]] * 2)
    np.testing.assert_array_equal(np.isnan(own), np.isnan(theirs))
    estimates[0, 0] = 0.0  # one sample is no frame
    assert np.isfinite(sdr(sources, estimates, RATE)[:, 0]).all()


def test_channels_that_cancel_are_silent_to_museval():
    sources, estimates = song(3.0, channels=2)
    sources[0, :RATE, 1] = -sources[0, :RATE, 0]
    own, theirs = sdr(sources, estimates, RATE), bss_eval(sources, estimates, RATE)["sdr"]
    np.testing.assert_array_equal(np.isnan(own), [[True, False, False]] * 2)
    np.testing.assert_array_equal(np.isnan(own), np.isnan(theirs))


def test_a_perfect_frame_has_no_finite_ratio():
    sources, estimates = song(2.0)
    estimates[0, :RATE] = sources[0, :RATE]
    np.testing.assert_array_equal(np.isnan(sdr(sources, estimates, RATE)), [[True, False], [False, False]])


def test_what_remains_is_left_out_and_too_little_has_no_frame():
    sources, estimates = song(1.99)
    assert sdr(sources, estimates, RATE).shape == (2, 1)
    assert sdr(sources[:, : RATE - 1], estimates[:, : RATE - 1], RATE).shape == (2, 0)


@pytest.mark.parametrize("function", [sdr, bss_eval])
def test_shapes_must_be_alike(function):
    sources, estimates = song(1.0)
    with pytest.raises(ValueError, match="shapes"):
        function(sources, estimates[:, :-1], RATE)
    with pytest.raises(ValueError, match="shapes"):
        function(sources[0, :, 0], estimates[0, :, 0], RATE)
