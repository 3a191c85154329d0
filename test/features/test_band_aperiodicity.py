"""Aperiodicity in bands: means by hand, and what comes back of them."""

import numpy as np
import pytest

from audiolab.features.band_aperiodicity import from_bands, to_bands

EDGES = [0, 1000, 2000, 4000, 6000, 8000]


def test_a_band_is_the_mean_of_its_frequencies_in_db():
    """Bins are 500 Hz apart; one on an edge belongs to the band above, the last to the last."""
    level = -np.arange(17.0)
    found = to_bands(10 ** (level / 20)[None], 16000, EDGES)
    expected = [[0, -1], [-2, -3], [-4, -5, -6, -7], [-8, -9, -10, -11], [-12, -13, -14, -15, -16]]
    np.testing.assert_allclose(found, [[np.mean(band) for band in expected]])


def test_bands_come_back_linear_in_db_between_their_centres_and_held_beyond():
    found = 20 * np.log10(from_bands(np.array([-20.0, -10.0, -6.0, -2.0, 3.0]), 16000, EDGES, 17))
    at = dict(zip(range(0, 8001, 500), found))
    assert [at[hz] for hz in (0, 500, 1500, 3000, 5000)] == pytest.approx([-20, -20, -10, -6, -2])
    assert at[1000] == pytest.approx(-15)
    assert at[4000] == pytest.approx(-4)
    assert at[7000] == at[8000] == 0  # over 0 dB is 0 dB


def test_there_and_back_of_what_is_alike_in_each_frame():
    bands = np.repeat([[-24.0], [-3.0]], 5, axis=1)
    np.testing.assert_allclose(to_bands(from_bands(bands, 16000, EDGES, 513), 16000, EDGES), bands)


def test_a_band_without_a_frequency_is_named():
    with pytest.raises(
        ValueError, match="no frequency of WORLD's spectra, 1000 Hz apart, lies between 100 and 200 Hz; widen bands_hz"
    ):
        to_bands(np.ones((3, 9)), 16000, [0, 100, 200, 8000])
    for edges in ([0, 1000, 8000], [0, 100, 1001, 7999, 8000], [999, 1001]):  # an edge belongs to the band above it
        assert to_bands(np.ones((3, 9)), 16000, edges).shape == (3, len(edges) - 1)
    with pytest.raises(ValueError, match="between 1 and 1000 Hz"):
        to_bands(np.ones((3, 9)), 16000, [0, 1, 1000, 8000])
