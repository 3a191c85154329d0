"""Errors of vocoder parameters, worked out by hand."""

import numpy as np
import pytest

from audiolab.metrics.world import band_rmse, world_errors

STREAMS = {"mcep": 3, "lf0": 1, "vuv": 1, "bap": 2}


def rows(mcep, lf0, vuv, bap):
    return np.concatenate([mcep, np.array(lf0)[:, None], np.array(vuv)[:, None], bap], axis=1)


def test_each_stream_by_hand():
    """Four frames: c0 has no part; voiced in both are the first two; the last two bands' errors are 3 and 4 dB."""
    one = rows(np.zeros((4, 3)), [5.0, 5.0, 5.0, 5.0], [1, 1, 1, 0], np.zeros((4, 2)))
    other = rows(
        [[9, 0, 0], [0, 3, 4], [0, 0, 0], [0, 0, 0]], [5.3, 4.6, 7.0, 9.0], [1, 0.6, 0.4, 0.5],
        [[0, 0], [0, 0], [0, 0], [3, 4]],
    )  # fmt: skip
    found = world_errors(one, other, STREAMS)
    assert found["mcd"] == (pytest.approx(10 / np.log(10) * np.sqrt(2) * 5 / 4), 4)
    assert found["lf0_rmse"] == (pytest.approx(np.sqrt((0.3**2 + 0.4**2) / 2)), 2)
    assert found["vuv_error"] == (pytest.approx(25.0), 4)
    assert found["bap_rmse"] == (pytest.approx(np.sqrt(12.5) / 4), 4)


def test_what_is_voiced_in_none_has_no_error_of_f0():
    silent = rows(np.zeros((2, 3)), [5.0, 5.0], [0, 0], np.zeros((2, 2)))
    assert world_errors(silent, silent, STREAMS).keys() == {"mcd", "vuv_error", "bap_rmse"}


def test_bands():
    assert band_rmse(np.zeros((2, 2)), np.array([[3.0, 4.0], [0.0, 0.0]])) == pytest.approx(np.sqrt(12.5) / 2)
