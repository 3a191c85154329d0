"""Mel-cepstra and their spectra against SPTK's, and the all-pass constant against its table."""

import warnings

import numpy as np
import pytest

from audiolab.features.mel_cepstrum import allpass_constant, mc2sp, sp2mc, warp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pysptk


@pytest.mark.parametrize(("order", "alpha"), [(24, 0.41), (34, 0.455), (1, 0.3), (0, 0.1)])
def test_mel_cepstra_are_sptks(order, alpha):
    power = np.exp(np.random.default_rng(0).normal(size=(5, 513)))
    np.testing.assert_allclose(sp2mc(power, order, alpha), pysptk.sp2mc(power, order, alpha), atol=1e-12)


@pytest.mark.parametrize(("order", "alpha"), [(39, 0.455), (24, 0.41), (0, 0.1)])
def test_spectra_are_sptks(order, alpha):
    """Which warps to a cepstrum of half the FFT; at these α nothing is lost by it."""
    cepstra = np.random.default_rng(1).normal(size=(5, order + 1)) / (1 + np.arange(order + 1))
    np.testing.assert_allclose(
        np.log(mc2sp(cepstra, alpha, 1025)), np.log(pysptk.mc2sp(cepstra, alpha, 2048)), atol=1e-9
    )


def test_there_and_back():
    cepstra = np.random.default_rng(2).normal(size=(7, 40)) / (1 + np.arange(40))
    np.testing.assert_allclose(sp2mc(mc2sp(cepstra, 0.455, 1025), 39, 0.455), cepstra, atol=1e-9)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_constants_are_sptks(rate):
    assert allpass_constant(rate) == pytest.approx(pysptk.util.mcepalpha(rate), abs=1e-9)


def test_warping_is_the_phase_of_the_all_pass_filter():
    omega = np.linspace(0, np.pi, 200)
    z = np.exp(-1j * omega)
    expected = -np.unwrap(np.angle((z - 0.42) / (1 - 0.42 * z)))
    np.testing.assert_allclose(warp(omega, 0.42), expected, atol=1e-12)
