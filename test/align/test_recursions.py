"""Forward-backward and Viterbi against all paths of tiny chains, and against torchaudio's aligner."""

import itertools

import numpy as np
import pytest
import torch
import torchaudio

from audiolab.align.chains import make_chains
from audiolab.align.layout import Layout, Units
from audiolab.align.recursions import forward_backward, viterbi

LAYOUT = Layout(silence=2, phone=1)
STAY = np.array([0.6, 0.3, 0.7, 0.2, 0.45])
PAUSE = 0.35
UTTERANCES = [
    Units(np.array([0, 1, 0, 3, 0]), np.array([False, False, True, False, False])),
    Units(np.array([2]), np.array([False])),
    Units(np.array([1, 0, 2, 0, 1]), np.array([False, True, False, True, False])),
]
FRAMES = [9, 4, 7]


@pytest.fixture
def batch():
    chains = make_chains(UTTERANCES, FRAMES, LAYOUT, STAY, PAUSE)
    torch.manual_seed(1)
    return chains, 3 * torch.randn(9, 3, chains.states.shape[1], dtype=torch.float64)


def sequences(units):
    """Yield each way to say an utterance: places in its chain, probability, by the definition of a pause."""
    counts = [2 if model == 0 else 1 for model in units.models]
    starts = np.cumsum([0, *counts])
    options = np.flatnonzero(units.optional)
    for made in itertools.product([False, True], repeat=len(options)):
        left_out = {place for place, is_made in zip(options, made) if not is_made}
        places = [
            place
            for unit in range(len(counts))
            if unit not in left_out
            for place in range(starts[unit], starts[unit + 1])
        ]
        yield places, np.prod([PAUSE if is_made else 1 - PAUSE for is_made in made])


def paths(units, frames):
    """Yield every path, place by place, and its probability without emissions."""
    states = LAYOUT.expand(units)[0]
    for places, probability in sequences(units):
        if len(places) > frames:
            continue
        for cuts in itertools.combinations(range(1, frames), len(places) - 1):
            lasts = np.diff([0, *cuts, frames])
            stay = STAY[states[places]]
            yield np.repeat(places, lasts), probability * np.prod(stay ** (lasts - 1) * (1 - stay))


def test_all_that_is_expected_is_the_sum_over_all_paths(batch):
    chains, emissions = batch
    found = forward_backward(chains, emissions)
    for number, (units, frames) in enumerate(zip(UTTERANCES, FRAMES)):
        places = np.zeros((9, emissions.shape[2]))
        skipped = np.zeros(emissions.shape[2])
        total = 0.0
        for path, probability in paths(units, frames):
            weight = probability * np.exp(emissions[np.arange(frames), number, path].sum().item())
            total += weight
            places[np.arange(frames), path] += weight
            skipped[path[1:][np.diff(path) == chains.reach]] += weight
        assert found.likelihood[number].item() == pytest.approx(np.log(total), rel=1e-12)
        np.testing.assert_allclose(found.places[:, number], places / total, atol=1e-12)
        np.testing.assert_allclose(found.skipped[number], skipped / total, atol=1e-12)


def test_the_best_path_is_the_best_of_all(batch):
    chains, emissions = batch
    path, score = viterbi(chains, emissions)
    for number, (units, frames) in enumerate(zip(UTTERANCES, FRAMES)):
        scored = [
            (np.log(probability) + emissions[np.arange(frames), number, each].sum().item(), each)
            for each, probability in paths(units, frames)
        ]
        best, places = max(scored, key=lambda pair: pair[0])
        assert score[number].item() == pytest.approx(best, rel=1e-12)
        np.testing.assert_array_equal(path[:frames, number], places)
        assert set(path[frames:, number].tolist()) <= {len(LAYOUT.expand(units)[0]) - 1}


def test_pauses_are_found_where_they_are_likely():
    """The third utterance's second pause is made, and the first one is not."""
    chains = make_chains(UTTERANCES[2:], [6], LAYOUT, STAY, PAUSE)
    wanted = [0, 3, 3, 4, 5, 6]
    emissions = torch.full((6, 1, 7), -20.0, dtype=torch.float64)
    emissions[range(6), 0, wanted] = 0
    assert viterbi(chains, emissions)[0][:, 0].tolist() == wanted
    skipped = forward_backward(chains, emissions).skipped[0]
    assert skipped[3] == pytest.approx(1, abs=1e-6)
    assert skipped[6] == pytest.approx(0, abs=1e-6)


def test_an_utterance_has_the_same_values_in_any_batch(batch):
    chains, emissions = batch
    together, path = forward_backward(chains, emissions), viterbi(chains, emissions)[0]
    for number, (units, frames) in enumerate(zip(UTTERANCES, FRAMES)):
        alone = make_chains([units], [frames], LAYOUT, STAY, PAUSE)
        own = emissions[:frames, number : number + 1, : alone.states.shape[1]]
        found = forward_backward(alone, own)
        assert torch.equal(found.likelihood[0], together.likelihood[number])
        assert torch.equal(found.places[:, 0], together.places[:frames, number, : alone.states.shape[1]])
        assert torch.equal(viterbi(alone, own)[0][:, 0], path[:frames, number])


def test_the_best_path_is_torchaudios():
    """Without skips, with equal transitions, where its blank cannot be: 60 tokens that all differ, 400 frames."""
    tokens, frames = 60, 400
    units = Units(np.arange(1, tokens + 1), np.zeros(tokens, bool))
    layout = Layout(1, 1)
    chains = make_chains([units], [frames], layout, np.full(tokens + 1, 0.5), 0.5)
    torch.manual_seed(0)
    emissions = torch.randn(frames, 1, tokens, dtype=torch.float64).log_softmax(-1)
    path, score = viterbi(chains, emissions)
    given = torch.cat([torch.full((1, frames, 1), -1e30).double(), emissions.transpose(0, 1)], dim=2)
    labels, scores = torchaudio.functional.forced_align(given, torch.arange(1, tokens + 1)[None], blank=0)
    assert (labels[0] - 1).tolist() == path[:, 0].tolist()
    assert score.item() == pytest.approx(scores.sum().item() + frames * np.log(0.5), rel=1e-9)
