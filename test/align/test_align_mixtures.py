"""Mixtures against torch's distributions and scikit-learn's EM."""

import numpy as np
import torch
from sklearn.mixture import GaussianMixture
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from audiolab.align.mixtures import Mixtures


def some(states=3, gaussians=2, width=4, seed=0):
    torch.manual_seed(seed)
    shape = (states, gaussians, width)
    weights = torch.rand(states, gaussians, dtype=torch.float64) + 0.2
    return Mixtures(
        weights / weights.sum(1, keepdim=True),
        torch.randn(shape, dtype=torch.float64),
        torch.rand(shape, dtype=torch.float64) + 0.3,
    )


def test_likelihoods_are_those_of_torch():
    mixtures = some()
    frames = 2 * torch.randn(5000, 4, dtype=torch.float64)
    normals = Independent(Normal(mixtures.means, mixtures.variances.sqrt()), 1)
    known = MixtureSameFamily(Categorical(mixtures.weights), normals)
    torch.testing.assert_close(mixtures.log_likelihood(frames), known.log_prob(frames[:, None]))


def test_a_gaussian_without_weight_does_not_count():
    one = some(gaussians=1)
    nothing = torch.zeros(3, 1, dtype=torch.float64)
    two = Mixtures(torch.cat([one.weights, nothing], 1), one.means.repeat(1, 2, 1), one.variances.repeat(1, 2, 1))
    frames = torch.randn(20, 4, dtype=torch.float64)
    torch.testing.assert_close(two.log_likelihood(frames), one.log_likelihood(frames))
    moments = two.statistics(frames, torch.ones(20, 3, dtype=torch.float64))
    assert (moments[:, 1] == 0).all()
    again = two.reestimated(moments, torch.zeros(4, dtype=torch.float64) + 1e-9)
    assert again.weights[:, 1].tolist() == [0, 0, 0]
    assert torch.equal(again.means[:, 1], two.means[:, 1])


def test_re_estimation_is_that_of_scikit_learn():
    """One state, all frames: a step of EM."""
    mixtures = some(states=1, gaussians=3)
    frames = torch.randn(400, 4, dtype=torch.float64) * torch.tensor([1.0, 2, 0.5, 1])
    moments = mixtures.statistics(frames, torch.ones(400, 1, dtype=torch.float64))
    found = mixtures.reestimated(moments, torch.full((4,), 1e-9).double())
    known = GaussianMixture(
        3, covariance_type="diag", max_iter=1, reg_covar=0, weights_init=mixtures.weights[0].numpy(),
        means_init=mixtures.means[0].numpy(), precisions_init=1 / mixtures.variances[0].numpy(),
    )  # fmt: skip
    known._initialize_parameters(frames.numpy(), np.random.RandomState(0))
    _, responsibilities = known._e_step(frames.numpy())
    known._m_step(frames.numpy(), responsibilities)
    np.testing.assert_allclose(found.weights[0], known.weights_, rtol=1e-9)
    np.testing.assert_allclose(found.means[0], known.means_, rtol=1e-9)
    np.testing.assert_allclose(found.variances[0], known.covariances_, rtol=1e-9)


def test_frames_count_by_their_probability_in_a_state():
    mixtures = some(gaussians=1)
    frames = torch.randn(50, 4, dtype=torch.float64)
    occupancy = torch.rand(50, 3, dtype=torch.float64)
    moments = mixtures.statistics(frames, occupancy)
    for state in range(3):
        share = occupancy[:, state, None]
        wanted = [share.sum(0), (share * frames).sum(0), (share * frames.square()).sum(0)]
        torch.testing.assert_close(moments[state, 0], torch.cat(wanted))


def test_variances_have_a_floor():
    mixtures = some(states=1, gaussians=1)
    frames = torch.ones(10, 4, dtype=torch.float64)
    floor = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    found = mixtures.reestimated(mixtures.statistics(frames, torch.ones(10, 1, dtype=torch.float64)), floor)
    assert torch.equal(found.variances[0, 0], floor)
    torch.testing.assert_close(found.means[0, 0], torch.ones(4, dtype=torch.float64))


def test_what_has_frames_for_two_is_split():
    mixtures = some(states=2, gaussians=1)
    found = mixtures.split(torch.tensor([[80.0], [79.0]]), 40)
    assert found.weights.tolist() == [[0.5, 0.5], [1.0, 0.0]]
    torch.testing.assert_close(found.means.mean(1)[0], mixtures.means[0, 0])
    torch.testing.assert_close(found.means[0, 1] - found.means[0, 0], 0.4 * mixtures.variances[0, 0].sqrt())
    assert torch.equal(found.means[1, 0], mixtures.means[1, 0])
    frames = torch.randn(9, 4, dtype=torch.float64)
    torch.testing.assert_close(found.log_likelihood(frames)[:, 1], mixtures.log_likelihood(frames)[:, 1])
