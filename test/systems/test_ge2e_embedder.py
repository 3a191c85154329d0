"""What `audiolab.load` gives of a speaker encoder: windows, audio, what is refused."""

import numpy as np
import pytest
import soxr
import torch

from audiolab.config import to_dict
from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.nn.speaker_encoder import SpeakerEncoder
from audiolab.systems.ge2e.embedder import Embedder

MEL = LogMelConfig(n_mels=5)
GENERATOR = np.random.default_rng(0)


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return SpeakerEncoder(5, 6, 2, 4).requires_grad_(False)


@pytest.fixture
def embedder(encoder):
    return Embedder(SpeakerEncoder(5, 6, 2, 4), encoder.state_dict(), to_dict(MEL), 10, torch.device("cpu"))


def heard(encoder, *windows):
    """Return the mean of the encoder's embeddings of windows, of length 1."""
    mean = np.mean([encoder(torch.from_numpy(window)[None])[0].numpy() for window in windows], axis=0)
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize(
    ("frames", "starts"), [(10, [0]), (11, [0, 1]), (15, [0, 5]), (16, [0, 3, 6]), (29, [0, 5, 10, 14, 19])]
)
def test_windows_overlap_by_half_or_more_and_reach_the_end(encoder, embedder, frames, starts):
    mel = GENERATOR.random((frames, 5)).astype(np.float32)
    found = embedder.embed_features(mel)
    assert (found.shape, found.dtype) == ((4,), np.float32)
    np.testing.assert_allclose(found, heard(encoder, *(mel[at : at + 10] for at in starts)), atol=1e-6)
    assert np.linalg.norm(found) == pytest.approx(1)


def test_what_is_shorter_than_a_window_is_heard_as_it_is(encoder, embedder):
    mel = GENERATOR.random((3, 5)).astype(np.float32)
    np.testing.assert_allclose(embedder.embed_features(mel), heard(encoder, mel), atol=1e-6)


def test_many_at_once_are_as_one_at_a_time(embedder):
    """Of more windows than are heard at a time, and of unlike lengths, in their order."""
    mels = [GENERATOR.random((int(frames), 5)) for frames in GENERATOR.integers(1, 60, 40)]
    together = embedder.embed_all(mels)
    assert together.shape == (40, 4)
    np.testing.assert_allclose(together, [embedder.embed_features(mel) for mel in mels], atol=1e-6)


def noise(seconds=0.4, rate=16000):
    return (0.1 * np.random.default_rng(1).standard_normal(round(seconds * rate))).astype(np.float32)


def test_audio_is_heard_by_its_features(embedder):
    wave = noise()
    mel = LogMel(MEL)(wave, np.random.default_rng(5))
    assert len(mel) == 26
    np.testing.assert_allclose(embedder.embed(wave, 16000), embedder.embed_features(mel), atol=1e-3)
    assert np.array_equal(embedder.embed(wave, 16000), embedder.embed(wave, 16000))
    assert (embedder.rate, embedder.size, embedder.analysis) == (16000, 4, MEL)


def test_audio_of_a_higher_rate_is_resampled(embedder):
    wave = noise(1.0, 48000)
    low = soxr.resample(wave, 48000, 16000)
    found = embedder.embed(wave, 48000)
    assert found @ embedder.embed(low, 16000) > 0.9999
    assert not np.allclose(found, embedder.embed(wave, 16000), atol=1e-4)


@pytest.mark.parametrize(
    ("wave", "rate", "told"),
    [
        (noise()[None], 16000, r"shape \(1, 6400\): give floats \[N\]"),
        (noise()[:0], 16000, r"shape \(0,\)"),
        ((noise() * 30000).astype(np.int16), 16000, "int16 of shape"),
        (noise() * 30000, 16000, "times full scale"),
        (np.where(np.arange(6400) == 7, np.nan, noise()), 16000, "sample 7 is NaN"),
        (np.full(6400, 0.1), 16000, "the signal is silent"),
        (noise()[:10], 16000, "10 samples, and the high-pass takes"),
        (noise(), 8000, "audio at 8000 Hz lacks bands"),
        (noise(), 10, "a rate of 10 Hz"),
    ],
)
def test_audio_that_holds_no_voice_is_refused(embedder, wave, rate, told):
    with pytest.raises(AudiolabError, match=told):
        embedder.embed(wave, rate)


@pytest.mark.parametrize("mel", [np.zeros((0, 5)), np.zeros((3, 4)), np.zeros(5), np.full((3, 5), np.nan)])
def test_odd_features_are_refused(embedder, mel):
    with pytest.raises(AudiolabError, match=r"give finite ones \[frames, 5\]"):
        embedder.embed_features(mel)
