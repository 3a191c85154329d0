"""Mel filters against librosa and torchaudio, where they mean the same."""

import librosa
import numpy as np
import pytest
import torchaudio

from audiolab.errors import AudiolabError
from audiolab.features.mel import hz_to_mel, mel_centres, mel_filters, mel_to_hz


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_scale_is_librosas_and_its_own_inverse(scale):
    frequency = np.linspace(0, 12000, 500)
    mel = hz_to_mel(frequency, scale)
    np.testing.assert_allclose(mel, librosa.hz_to_mel(frequency, htk=scale == "htk"), atol=1e-9)
    np.testing.assert_allclose(mel_to_hz(mel, scale), frequency, atol=1e-8)
    centres = librosa.mel_frequencies(34, fmin=0, fmax=8000, htk=scale == "htk")[1:-1]
    np.testing.assert_allclose(mel_centres(32, 0, 8000, scale), centres, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_filters_become_those_of_other_libraries_on_a_fine_grid(scale):
    # on a coarse grid they differ by design: weights here are means over a bin's width, there samples at its centre
    ours = mel_filters(16000, 16384, 32, 0, 8000, scale, norm="sum")
    theirs = librosa.filters.mel(sr=16000, n_fft=16384, n_mels=32, htk=scale == "htk", norm=None)
    also = torchaudio.functional.melscale_fbanks(8193, 0.0, 8000.0, 32, 16000, None, scale).T.numpy()
    for peer in (theirs, also):
        peer = peer / peer.sum(1, keepdims=True)
        assert np.abs(ours - peer).max() < 0.01 * ours.max()


def test_norms():
    assert np.allclose(mel_filters(16000, 1024).sum(1), 1, atol=1e-12)
    assert np.allclose((mel_filters(16000, 1024, norm="energy") ** 2).sum(1), 1, atol=1e-12)


def test_no_filter_is_empty_however_narrow():
    filters = mel_filters(16000, 256, n_mels=80)
    with pytest.warns(UserWarning, match="Empty filters"):
        sampled = librosa.filters.mel(sr=16000, n_fft=256, n_mels=80, htk=True)
    assert (sampled.sum(1) == 0).any()  # the case is a hard one
    assert (filters.max(1) > 0).all()
    assert (np.diff(filters @ np.arange(129)) > 0).all()  # each lies above the one before


@pytest.mark.parametrize("band", [(-1, 8000), (0, 8001), (500, 500)])
def test_bands_outside_the_spectrum_are_refused(band):
    with pytest.raises(AudiolabError, match="do not lie within"):
        mel_filters(16000, 1024, 32, *band)
