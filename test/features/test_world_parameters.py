"""WORLD's parameters of speech: each stream against its definition, and what is lost on the way to speech and back."""

import numpy as np
import pytest
import pyworld
import soxr

from audiolab.errors import AudiolabError
from audiolab.features.f0 import F0Config, F0Range, frames_of, second_pass
from audiolab.features.mel_cepstrum import mc2sp
from audiolab.features.world import analyse
from audiolab.features.world_config import WorldConfig
from audiolab.features.world_parameters import WorldParameters, continuous_log_f0
from audiolab.synthesis.speechlike import formant_filter, glottal_pulses, speech_like
from audiolab.text.espeak import Line, Voice, speak

RATE = 22050
CONFIG = WorldConfig()
WIDE = F0Range(50.0, 700.0, 150.0)


@pytest.fixture(scope="module")
def wave():
    """Speech-like sound at 110 Hz, with pauses."""
    return speech_like(2.0, RATE, 110, np.random.default_rng(0))


@pytest.fixture(scope="module")
def found(wave):
    return WorldParameters(CONFIG)(wave, WIDE)


def streams(parameters):
    return np.split(parameters, [40, 41, 42], axis=1)


def test_frames_are_5_ms_though_that_is_no_number_of_samples(wave, found):
    assert found.shape == (1 + 400, 49)
    assert found.dtype == np.float32
    assert CONFIG.streams == {"mcep": 40, "lf0": 1, "vuv": 1, "bap": 7}
    assert frames_of(44100, RATE, 5.0) == 401
    assert frames_of(44099, RATE, 5.0) == 400
    assert frames_of(16000, 16000, 5.0) == 201


def test_f0_is_a_line_through_what_is_unvoiced(found):
    _, lf0, vuv, _ = streams(found)
    assert set(np.unique(vuv)) == {0, 1}
    assert np.median(np.exp(lf0[vuv == 1])) == pytest.approx(110, rel=0.1)
    inside = continuous_log_f0(np.array([0, 0, 100, 0, 0, 0, 200, 0.0]), 140)
    np.testing.assert_allclose(np.exp(inside), [100, 100, 100, 100 * 2**0.25, 100 * 2**0.5, 100 * 2**0.75, 200, 200])
    np.testing.assert_allclose(np.exp(continuous_log_f0(np.zeros(5), 140)), 140)


def test_streams_are_those_of_worlds_own_analysis(wave, found):
    samples = wave.astype(np.float64)
    coarse, times = pyworld.dio(samples, RATE, f0_floor=50.0, f0_ceil=700.0, frame_period=5.0)
    f0 = pyworld.stonemask(samples, coarse, times, RATE)
    spectrum = pyworld.cheaptrick(samples, f0, times, RATE, fft_size=2048)
    aperiodicity = pyworld.d4c(samples, f0, times, RATE, fft_size=2048)
    mcep, lf0, vuv, bap = streams(found)
    assert np.array_equal(vuv[:, 0] > 0, f0 > 0)
    np.testing.assert_allclose(np.exp(lf0[:, 0])[f0 > 0], f0[f0 > 0], rtol=1e-5)
    hz = np.linspace(0, RATE / 2, 1025)
    for band, (low, high) in enumerate(
        [(0, 1e3), (1e3, 2e3), (2e3, 4e3), (4e3, 6e3), (6e3, 8e3), (8e3, 1e4), (1e4, 11026)]
    ):
        level = 20 * np.log10(aperiodicity[:, (hz >= low) & (hz < high)]).mean(1)
        np.testing.assert_allclose(bap[:, band], level, atol=1e-3)
    lost = 10 * np.log10(mc2sp(mcep, 0.455, 1025) / spectrum)
    assert np.sqrt(np.mean(lost[f0 > 0] ** 2)) < 3  # dB, of what order 39 cannot follow


@pytest.mark.parametrize("spoken", ["sentence", "vowels"])
def test_to_speech_and_back(wave, spoken):
    """49 values a frame lose hardly more than all of WORLD's parameters do, which are speech and analysed again, too.

    Mel-cepstral distortion of voiced frames: of the sentence 2.9 dB (WORLD alone 3.0), of the vowels 7.2 (7.3).
    """
    analysis, sound = WorldParameters(CONFIG), sentence() if spoken == "sentence" else wave
    before, whole = analysis(sound, WIDE), analyse(sound, RATE, 5.0, 50.0, 700.0)
    theirs = pyworld.synthesize(whole.f0, whole.spectrum, whole.aperiodicity, RATE, 5.0)
    ours, full = (losses(before, analysis(made, WIDE)) for made in (analysis.synthesise(before), theirs))
    assert ours["mcep"] < full["mcep"] + 0.2  # dB
    assert ours["mcep"] < (3.5 if spoken == "sentence" else 8)
    assert ours["c0"] < full["c0"] + 0.05
    assert ours["lf0"] < full["lf0"] + 0.01 < 0.03
    assert ours["vuv"] < full["vuv"] + 0.02 < 0.12
    assert ours["bap"] < full["bap"] + 1.0  # dB


def sentence():
    """Return what espeak-ng says, at 22.05 kHz."""
    (samples, *_), rate = speak(Voice("en-us", "Andy"), [Line("The quick brown fox jumps over the lazy dog.")])
    return soxr.resample(samples / 32768, rate, RATE)


def losses(before, after):
    """Return mean differences by stream, over frames that are voiced in both but for ``vuv``."""
    frames = min(len(before), len(after))
    (mcep, lf0, vuv, bap), (mcep2, lf02, vuv2, bap2) = streams(before[:frames]), streams(after[:frames])
    both = ((vuv == 1) & (vuv2 == 1))[:, 0]
    assert both.sum() > 50
    distortion = 10 / np.log(10) * np.sqrt(2 * ((mcep - mcep2)[both, 1:] ** 2).sum(1))
    return {
        "mcep": distortion.mean(),
        "c0": np.abs(mcep - mcep2)[both, 0].mean(),
        "lf0": np.abs(lf0 - lf02)[both].mean(),
        "vuv": (vuv != vuv2).mean(),
        "bap": np.abs(bap - bap2)[both].mean(),
    }


def test_voicing_of_predictions_is_over_a_half():
    """A vowel whose frames are said to be unvoiced is noise."""
    vowel = 0.1 * formant_filter(glottal_pulses(np.full(RATE, 125.0), RATE), (700, 1200, 2600, 3500), RATE)
    analysis = WorldParameters(WorldConfig(f0=F0Config(floor=71.0)))
    parameters = analysis(vowel, WIDE)
    parameters[:, 41] = 0.51
    spoken = analysis.synthesise(parameters)
    parameters[:, 41] = 0.49
    whispered = analysis.synthesise(parameters)
    strength = [_periodicity(wave[4000:16000], RATE / 125) for wave in (spoken, whispered)]
    assert strength[0] > 0.9
    assert strength[1] < 0.5


def _periodicity(wave, period):
    lag = round(period)
    return float(np.dot(wave[lag:], wave[:-lag]) / np.dot(wave, wave))


def test_f0_is_that_within_the_speakers_range():
    """A voice of 200 Hz whose every other pulse is weaker, as in creak, is one of 100 Hz to a search that is wide."""
    pulses = glottal_pulses(np.full(RATE, 200.0), RATE)
    period = (200 * np.arange(RATE) / RATE).astype(int)
    vowel = 0.1 * formant_filter(pulses * np.where(period % 2, 1.0, 0.4), (700, 1200, 2600, 3500), RATE)
    medians = [
        np.median(np.exp(found[found[:, 41] == 1, 40]))
        for found in (WorldParameters(CONFIG)(vowel, speaker) for speaker in (WIDE, F0Range(160.0, 260.0, 200.0)))
    ]
    assert medians == pytest.approx([100, 200], rel=0.02)
    narrow = second_pass(CONFIG.f0, F0Range(100.0, 690.0, 200.0))
    assert (narrow.floor, narrow.ceiling) == pytest.approx((100 / 1.1, 700))
    with pytest.raises(AudiolabError, match=r"F0 range of 20 to 40 Hz lies outside .* \(50 and 700 Hz\): run"):
        second_pass(CONFIG.f0, F0Range(20.0, 40.0, 30.0))


def test_speech_is_as_long_as_its_frames():
    """So it is up to a shift longer than what was analysed."""
    for samples in (22000, 22049, 22050, 22051):
        wave = speech_like(1.1, RATE, 110, np.random.default_rng(0))[:samples]
        made = WorldParameters(CONFIG).synthesise(WorldParameters(CONFIG)(wave, WIDE))
        assert 0 <= len(made) - samples <= 111


@pytest.mark.parametrize(
    ("rate", "edges"),
    [
        (16000, [0, 1000, 2000, 4000, 6000, 8000]),
        (22050, [0, 1000, 2000, 4000, 6000, 8000, 10000, 11025]),
        (24000, [0, 1000, 2000, 4000, 6000, 8000, 10000, 12000]),
    ],
)
def test_bands_fit_any_rate(rate, edges):
    assert WorldConfig(rate=rate).edges_hz == edges
    assert WorldConfig(rate=rate).streams["bap"] == len(edges) - 1


def test_sixteen_kilohertz_with_five_bands():
    config = WorldConfig(rate=16000, order=24)
    wave = speech_like(0.5, 16000, 210, np.random.default_rng(1))
    assert WorldParameters(config).alpha == 0.41
    assert WorldParameters(config)(wave, WIDE).shape == (101, 32)


def test_bins_are_worlds():
    for rate in (16000, 22050, 24000, 44100, 48000):
        for floor in (40.0, 47.1, 50.0, 71.0, 120.0):
            expected = pyworld.get_cheaptrick_fft_size(rate, floor) // 2 + 1
            assert WorldConfig(rate=rate, f0=F0Config(floor=floor), bands_hz=[0, 8000]).bins == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 8000}, "rate 8000 is below 16000 Hz"),
        ({"rate": 16000, "bands_hz": [0.0, 11025.0]}, "must rise and lie within 0 … 8000 Hz"),
        ({"bands_hz": [0.0, 2000.0, 1000.0]}, "must rise"),
        ({"alpha": 1.0}, "alpha between -1 and 1"),
        (
            {"bands_hz": [0.0, 1.0, 5.0, 8000.0]},
            "no frequency .*10.77 Hz apart, lies between 1 and 5 Hz; widen bands_hz",
        ),
    ],
)
def test_configs_without_meaning(changes, message):
    with pytest.raises(ValueError, match=message):
        WorldConfig(**changes)
