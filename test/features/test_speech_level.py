"""The active level is that of the speech: silence, noise and clicks leave it, a gain moves it by just that gain."""

import numpy as np
import pytest
import torch

from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.speech_level import ActiveLevel, frame_levels, is_active, is_heard, level_bands, silence
from audiolab.features.speech_profile import SpeechProfile, bands_below, highest_hz, profile_of

CONFIG = EnvelopeConfig()


def level(*parts):
    heard = ActiveLevel(CONFIG)
    for part in parts:
        heard.add(np.asarray(part))
    return heard.value


def speech(frames=600, seed=0):
    return -30 + np.random.default_rng(seed).uniform(-10, 6, frames)


def test_level_of_a_frame_is_the_mean_power_of_the_bands_below_3400_hz():
    mel = torch.full((3, 32), -50.0)
    count = level_bands(CONFIG)
    mel[0, 3], mel[1, 31], mel[2] = -20.0, 0.0, torch.linspace(-90, -10, 32)
    expected = [10 * np.log10(np.mean(10 ** (row[:count].numpy() / 10))) for row in mel]
    assert np.allclose(frame_levels(mel, CONFIG), expected)
    assert level_bands(EnvelopeConfig(mel_low_hz=4000.0)) == 1


def test_speech_alone_is_its_mean():
    assert level(speech()) == pytest.approx(speech().mean(), abs=1e-9)


@pytest.mark.parametrize("times", [1, 100])
@pytest.mark.parametrize("noise_db", [-55, -70, -100])
def test_pauses_of_any_length_leave_it(times, noise_db):
    noise = noise_db + np.random.default_rng(1).uniform(-2, 2, 600 * times)
    for parts in ((speech(), noise), (noise, speech())):
        assert level(*parts) == pytest.approx(speech().mean(), abs=0.01)


def test_a_click_leaves_it():
    assert level(np.full(10, 0.0), speech()) == pytest.approx(speech().mean(), abs=1.0)


def spoken(*parts, offset=0.0):
    heard = ActiveLevel(CONFIG)
    for part in parts:
        heard.add(np.asarray(part, float), offset)
    return heard.spoken


def steady(frames, seed=0, level=-60.0):
    """Return levels as room noise has them."""
    return level + 1.5 * np.random.default_rng(seed).standard_normal(frames)


@pytest.mark.parametrize("frames", [200, 1000, 2000, 100_000])
@pytest.mark.parametrize("step", [50, 1000])
def test_steady_noise_is_no_speech_however_long_it_is(frames, step):
    for offset in (-40.0, 0.0, 50.0):
        assert not spoken(*np.split(steady(frames), range(step, frames, step)), offset=offset)


@pytest.mark.parametrize("place", [0, 700, 1960])
def test_a_syllable_in_noise_is_speech_from_then_on(place):
    """40 frames, .2 s, 10 dB above the noise; a click is shorter."""
    noise, later = steady(2000), np.split(steady(10_000, 1), 10)
    syllable, click = noise.copy(), noise.copy()
    syllable[place : place + 40] += 10
    click[place : place + 4] += 30
    assert spoken(syllable)
    assert spoken(noise, *later, syllable, *later)
    assert not spoken(noise, click, *later)


def test_what_is_too_short_to_tell_counts_as_speech():
    assert spoken(steady(199))
    assert not spoken(steady(200))
    assert not spoken(steady(100), steady(100))
    assert spoken(speech())


@pytest.mark.parametrize("gain", [-50.03, -20, 0.1, 13.37])
def test_a_gain_moves_it_by_that_gain(gain):
    heard = ActiveLevel(CONFIG)
    heard.add(speech(), gain)
    assert heard.value == pytest.approx(level(speech()) + gain, abs=0.1)


def test_digital_silence_has_none():
    assert level(np.full(100, CONFIG.floor_db)) is None
    assert not spoken(np.full(100, CONFIG.floor_db))
    assert level(np.full(100, CONFIG.floor_db), speech()) == level(speech())


@pytest.mark.parametrize("floor", [-120.0, -100.0, -95.0, -80.0])
@pytest.mark.parametrize("norm", ["sum", "energy"])
def test_digital_silence_is_known_whatever_the_floor_and_the_filters(floor, norm):
    config = EnvelopeConfig(floor_db=floor, mel_norm=norm)
    wave = np.zeros(32000, np.float32)
    wave[16000:] = 1e-3 * np.random.default_rng(0).standard_normal(16000)
    mel = MelEnvelope(config)(wave, 60).mel
    torch.testing.assert_close(mel[0].double(), silence(config), atol=1e-3, rtol=0)
    edge = 16000 // config.stft.hop
    heard = is_heard(mel, silence(config))
    assert not heard[: edge - 5].any()
    assert heard[edge:].all()
    found = ActiveLevel(config)
    found.add(frame_levels(mel[: edge - 5], config))
    assert found.value is None


def test_active_are_frames_within_the_margin():
    assert is_active(torch.tensor([-46.0, -45.8, -10.0]), -30.0).tolist() == [False, True, True]


def features(frames=2000):
    """Upper bands follow the lower ones by a rule that is nearly linear."""
    generator = np.random.default_rng(3)
    rule = generator.standard_normal((24, 8)) / 5
    lower = generator.standard_normal((frames, 24)) * 8 - 40
    return np.concatenate([lower, lower @ rule - 20 + 0.01 * generator.standard_normal((frames, 8))], 1)


@pytest.mark.parametrize("pieces", [False, True])
def test_a_profile_is_the_closed_form(monkeypatch, pieces):
    feats = features()
    if pieces:
        monkeypatch.setattr("audiolab.features.speech_profile._PIECE", 100)
    found = profile_of([feats[:700], feats[700:950], feats[950:1000], feats[1000:]], CONFIG, "A")
    assert np.allclose(found.mean, feats.mean(0))
    assert np.allclose(found.covariance, np.cov(feats.T, bias=True))
    assert found.level == pytest.approx(level(frame_levels(torch.from_numpy(feats), CONFIG)))
    again = SpeechProfile.from_plain(found.plain())
    assert again.level == found.level
    assert torch.equal(again.covariance, found.covariance)
    linear = profile_of([10 ** (feats / 20)], EnvelopeConfig(scale="linear", floor_db=-200), "A")
    assert np.allclose(linear.mean, found.mean)


def test_missing_bands_are_what_the_others_say():
    feats = features()
    profile = profile_of([feats], CONFIG, "A")
    other = torch.from_numpy(features(500)).float()
    blind = torch.cat([other[:, :24], torch.full((500, 8), -100.0)], 1)
    filled = profile.fill(blind, 24)
    assert torch.equal(filled[:, :24], other[:, :24])
    assert (filled - other).abs().max() < 0.2
    assert torch.equal(profile.fill(other, 32), other)


def test_bands_of_a_rate():
    assert highest_hz(16000, CONFIG) is None
    assert bands_below(None, CONFIG) == 32
    assert bands_below(highest_hz(8000, CONFIG), CONFIG) == 23  # the 23rd is centred on 3.4 kHz, the 24th on 3.7


def test_silent_features_have_no_profile():
    with pytest.raises(AudiolabError, match="speaker A: the features are silent"):
        profile_of([np.full((10, 32), -100.0)], CONFIG, "A")
