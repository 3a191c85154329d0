"""States of models, and chains of utterances."""

import numpy as np
import pytest

from audiolab.align.chains import make_chains
from audiolab.align.layout import Layout, Units

LAYOUT = Layout(silence=3, phone=2)
UNITS = Units(np.array([0, 2, 0, 1, 0]), np.array([False, False, True, False, False]))


def test_states_follow_one_another():
    assert LAYOUT.states(3) == 7
    assert LAYOUT.first(np.array([0, 1, 2])).tolist() == [0, 3, 5]
    states, unit, within = LAYOUT.expand(UNITS)
    assert states.tolist() == [0, 1, 2, 5, 6, 0, 1, 2, 3, 4, 0, 1, 2]
    assert unit.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4]
    assert within.tolist() == [0, 1, 2, 0, 1, 0, 1, 2, 0, 1, 0, 1, 2]


def test_what_may_be_left_out_takes_no_frames():
    assert LAYOUT.least_frames(UNITS) == 10


def test_a_chain_has_the_probabilities_of_its_states():
    stay = np.linspace(0.1, 0.7, 7)
    chains = make_chains([UNITS, Units(UNITS.models[1:2], UNITS.optional[1:2])], [20, 5], LAYOUT, stay, 0.25)
    assert chains.reach == 4
    assert chains.last.tolist() == [12, 1]
    assert chains.frames.tolist() == [20, 5]
    states = LAYOUT.expand(UNITS)[0]
    np.testing.assert_allclose(chains.stay[0].exp(), stay[states])
    step = np.concatenate([[0], 1 - stay[states[:-1]]])
    step[5] *= 0.25
    np.testing.assert_allclose(chains.step[0].exp(), step)
    skip = np.zeros(13)
    skip[8] = (1 - stay[6]) * 0.75
    np.testing.assert_allclose(chains.skip[0].exp(), skip)
    np.testing.assert_allclose(chains.leave.exp(), 1 - stay[[2, 6]])
    assert chains.stay[1, 2:].exp().sum() == 0
    assert chains.step[1, 2:].exp().sum() == 0


@pytest.mark.parametrize("pause", [0.1, 0.9])
def test_all_ways_out_of_a_place_sum_to_one(pause):
    chains = make_chains([UNITS], [30], LAYOUT, np.linspace(0.1, 0.7, 7), pause)
    out = chains.stay[0].exp()
    out[:-1] += chains.step[0, 1:].exp()
    out[:-4] += chains.skip[0, 4:].exp()
    out[-1] += chains.leave[0].exp()
    np.testing.assert_allclose(out, 1)
