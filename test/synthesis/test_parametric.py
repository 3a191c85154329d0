"""Speech of parameters: through the post-filter and WORLD, as long as its frames, within full scale where asked."""

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.features.f0 import F0Range
from audiolab.features.world_config import WorldConfig
from audiolab.features.world_parameters import WorldParameters
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.parametric import ParametricSynthesis
from audiolab.synthesis.postfilter import postfilter
from audiolab.synthesis.speechlike import speech_like

CONFIG = WorldConfig(rate=16000, order=24)


@pytest.fixture(scope="module")
def parameters():
    wave = speech_like(0.6, 16000, 120, np.random.default_rng(0))
    return WorldParameters(CONFIG)(wave, F0Range(60, 400, 120))


def test_without_post_filter_it_is_world(parameters):
    found = ParametricSynthesis(CONFIG, 1.0)(parameters)
    np.testing.assert_array_equal(found, WorldParameters(CONFIG).synthesise(parameters))
    assert len(found) == 80 * len(parameters)


def test_the_post_filter_is_of_the_mel_cepstrum_alone(parameters):
    given = parameters.copy()
    found = ParametricSynthesis(CONFIG, 1.6)(parameters)
    np.testing.assert_array_equal(parameters, given)
    world = WorldParameters(CONFIG)
    filtered = np.concatenate([postfilter(given[:, :25], world.alpha, 1.6), given[:, 25:]], axis=1)
    np.testing.assert_array_equal(found, world.synthesise(filtered))
    assert np.abs(found - world.synthesise(given)).max() > 1e-3


def test_peaks_are_kept_within_full_scale_where_asked(parameters):
    loud = parameters + np.eye(parameters.shape[1])[0] * 3
    synthesis, limiter = ParametricSynthesis(CONFIG), Limiter("x", always=True)
    free, held = synthesis(loud), synthesis(loud, limiter)
    assert np.abs(free).max() > 1
    assert np.abs(held).max() <= 1
    assert limiter.samples == (np.abs(free) > 1).sum() > 0
    assert held.shape == free.shape
    quiet = Limiter("x", always=True)
    np.testing.assert_array_equal(synthesis(parameters, quiet), synthesis(parameters))
    assert quiet.samples == 0


def test_other_weights_are_refused():
    with pytest.raises(AudiolabError, match="postfilter 0"):
        ParametricSynthesis(CONFIG, 0)
