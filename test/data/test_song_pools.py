"""Pools of pieces: each comes equally often, halves are halves, partners are of other songs and evenly drawn."""

import pickle

import numpy as np
import pytest
from scipy import stats

from audiolab.data.song_pools import SongPools

SONGS = np.array([3, 0, 0, 7, 3, 3, 7, 1, 1, 3])


def pieces(pools, epochs, seed=0):
    return [pools.piece(seed, epoch, item) for epoch in range(epochs) for item in range(pools.windows)]


def test_an_epoch_has_each_piece_once_in_another_order():
    pools = SongPools([SONGS])
    epochs = [pieces(pools, 5)[k * 10 : (k + 1) * 10] for k in range(5)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 5
    assert pieces(pools, 5, seed=1) != pieces(pools, 5)


@pytest.mark.parametrize("windows", [3, 4, 10, 23])
def test_epochs_of_any_length_take_up_where_the_last_one_ended(windows):
    found = pieces(SongPools([SONGS], windows), 10)
    for turn in range(len(found) // 10):
        assert sorted(found[turn * 10 : (turn + 1) * 10]) == list(range(10))


@pytest.mark.parametrize("windows", [None, 8, 7])
def test_of_two_pools_half_of_the_items_are_of_each(windows):
    pools = SongPools([SONGS, np.array([5, 6, 6, 8])], windows)
    assert pools.windows == (windows or 14)
    epochs = 40
    found = np.array(pieces(pools, epochs)).reshape(epochs, -1)
    assert (found[:, 0::2] < 10).all()
    assert (found[:, 1::2] >= 10).all()
    counts = np.bincount(found.ravel(), minlength=14)
    assert np.ptp(counts[:10]) <= 1
    assert np.ptp(counts[10:]) <= 1
    assert counts.sum() == epochs * pools.windows


@pytest.mark.parametrize("song", [0, 1, 3, 7, 2])
def test_partners_are_of_other_songs_and_as_likely_as_each_other(song):
    """Song 2 has no piece, so that all are of others."""
    pools, generator = SongPools([SONGS]), np.random.default_rng(0)
    counts = np.bincount([pools.other(song, generator) for _ in range(5000)], minlength=10)
    assert not counts[song == SONGS].any()
    assert stats.chisquare(counts[song != SONGS]).pvalue > 1e-3


def test_partners_are_of_both_pools_alike():
    pools, generator = SongPools([SONGS, np.array([0, 0, 9])]), np.random.default_rng(0)
    found = np.array([pools.other(0, generator) for _ in range(4000)])
    assert np.mean(found == 12) == pytest.approx(0.5, abs=0.03)
    assert set(found) == {0, 3, 4, 5, 6, 7, 8, 9, 12}


def test_pools_of_one_song_are_known():
    assert SongPools([SONGS]).single() == []
    assert SongPools([SONGS, np.array([4, 4])]).single() == [1]
    assert SongPools([np.array([4])]).single() == [0]


def test_workers_are_sent_little_and_draw_the_same():
    pools = SongPools([np.arange(10_000), np.arange(5)])
    sent = pickle.dumps(pools)
    assert len(sent) < 1000
    other = pickle.loads(sent)
    assert [other.piece(0, 3, item) for item in range(50)] == [pools.piece(0, 3, item) for item in range(50)]
    assert other.other(3, np.random.default_rng(1)) == pools.other(3, np.random.default_rng(1))
