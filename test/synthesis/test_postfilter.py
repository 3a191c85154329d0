"""The post-filter against hts_engine's, written out for a frame at a time, and against what it must leave alone."""

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.features.mel_cepstrum import mc2sp, mean_power
from audiolab.synthesis.postfilter import postfilter

ALPHA = 0.455
ORDER = 39


@pytest.fixture(scope="module")
def frames():
    """Mel-cepstra that fall off as those of speech do, [7, 40]."""
    generator = np.random.default_rng(0)
    falling = 1 / (1 + np.arange(ORDER + 1))
    return generator.standard_normal((7, ORDER + 1)) * falling + np.eye(ORDER + 1)[0] * np.arange(-3, 4)[:, None]


def mc2b(cepstrum, alpha):
    """Return coefficients of the MLSA filter."""
    b = cepstrum.copy()
    for m in range(len(b) - 2, -1, -1):
        b[m] = cepstrum[m] - alpha * b[m + 1]
    return b


def b2mc(b, alpha):
    cepstrum = b.copy()
    cepstrum[:-1] += alpha * b[1:]
    return cepstrum


def freqt(cepstrum, order, alpha):
    """Return Oppenheim's frequency transformation, as SPTK's C has it."""
    out = np.zeros(order + 1)
    for value in cepstrum[::-1]:
        before = out.copy()
        out[0] = value + alpha * before[0]
        if order >= 1:
            out[1] = (1 - alpha**2) * before[0] + alpha * before[1]
        for m in range(2, order + 1):
            out[m] = before[m - 1] + alpha * (before[m] - out[m - 1])
    return out


def impulse_response(cepstrum, length):
    """Return that of the minimum-phase filter with a cepstrum, by SPTK's recursion."""
    response = np.zeros(length)
    response[0] = np.exp(cepstrum[0])
    for n in range(1, length):
        k = np.arange(1, min(n, len(cepstrum) - 1) + 1)
        response[n] = (k * cepstrum[k] * response[n - k]).sum() / n
    return response


def energy(mcep, alpha, length=1024):
    return (impulse_response(freqt(mcep, length - 1, -alpha), length) ** 2).sum()


def hts_engine(mcep, alpha, beta):
    """Return what HTS_Vocoder_postfilter_mcp makes of a frame."""
    b = mc2b(mcep, alpha)
    before = energy(b2mc(b, alpha), alpha)
    b[1] -= beta * alpha * b[2]
    b[2:] *= 1 + beta
    b[0] += np.log(before / energy(b2mc(b, alpha), alpha)) / 2
    return b2mc(b, alpha)


@pytest.mark.parametrize("beta", [0.4, 0.2, -0.3])
def test_it_is_hts_engines(frames, beta):
    found = postfilter(frames[:3], ALPHA, 1 + beta)
    for frame, of_frame in zip(frames, found):
        np.testing.assert_allclose(of_frame, hts_engine(frame, ALPHA, beta), atol=1e-6)


def test_energy_of_the_impulse_response_stays(frames):
    found = postfilter(frames, ALPHA)
    for before, after in zip(frames[::3], found[::3]):
        assert energy(after, ALPHA) == pytest.approx(energy(before, ALPHA), rel=1e-6)


def test_what_it_changes_and_what_not(frames):
    found = postfilter(frames, ALPHA, 1.4)
    np.testing.assert_array_equal(found[:, 1], frames[:, 1])
    np.testing.assert_allclose(found[:, 2:], 1.4 * frames[:, 2:])
    assert np.abs(found[:, 0] - frames[:, 0]).max() > 0.01
    np.testing.assert_allclose(postfilter(frames[4:5], ALPHA, 1.4), found[4:5], atol=1e-12)


def test_levels_do_not_matter(frames):
    """A frame that is louder comes out as much louder."""
    louder = frames + np.eye(ORDER + 1)[0] * 2.5
    np.testing.assert_allclose(postfilter(louder, ALPHA), postfilter(frames, ALPHA) + np.eye(ORDER + 1)[0] * 2.5)


def test_one_is_off_and_gives_a_copy(frames):
    found = postfilter(frames, ALPHA, 1.0)
    np.testing.assert_array_equal(found, frames)
    found[:] = 0
    assert np.abs(frames).max() > 0


def test_formants_rise_over_valleys(frames):
    """The range of the log spectrum grows by the weight where there is no tilt."""
    flat = frames.copy()
    flat[:, 1] = 0
    before, after = (np.log(mc2sp(each, ALPHA, 257)) for each in (flat, postfilter(flat, ALPHA, 1.4)))
    np.testing.assert_allclose(np.ptp(after, axis=1), 1.4 * np.ptp(before, axis=1))


@pytest.mark.parametrize("weight", [0.0, -1.4, float("nan"), float("inf")])
def test_other_weights_are_refused(frames, weight):
    with pytest.raises(AudiolabError, match=r"postfilter .*: give a weight over 0; 1 is off, and 1.4 usual"):
        postfilter(frames, ALPHA, weight)


def test_mean_power_is_the_energy_of_the_impulse_response(frames):
    found = mean_power(mc2sp(frames[2], ALPHA, 513))
    assert found == pytest.approx(energy(frames[2], ALPHA), rel=1e-6)
