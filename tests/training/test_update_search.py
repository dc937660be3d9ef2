"""MLE-guided parameter search: the worked numbers of its formulas, and the search around a compiled step on both backends."""

import keras
import numpy as np
import pytest
import tiny

from baselines.errors import InputError
from baselines.training.state import Position
from baselines.training.strategies import check_strategies
from baselines.training.strategies.mgs import Mgs
from baselines.training.update_search import UpdateSearch, all_alike, log_mixture, shares_of_moves

pytestmark = pytest.mark.keras
MOVES, LOSSES = np.array([-1.2, -0.8, 0.3, -0.5]), np.array([1.0, 1.0, 2.0, 1.0])


def densities(moves, guide, sigma, noise):
    """log q of moves (n, D), but for a constant."""
    moves = np.reshape(moves, (len(moves), -1))
    distances = (np.sum(np.square(moves - center), axis=1) / (2 * sigma**2) for center in (0.0, guide))
    return np.asarray(keras.ops.convert_to_numpy(log_mixture(*distances, noise)))


@pytest.mark.parametrize(("noise", "shares", "step"), [
    (0.0, (0.0741, 0.0741, 0.7390, 0.1128), 0.0171),                    # the outlier has a tiny density, and decides
    (0.5, (0.3293, 0.2685, 0.1365, 0.2658), -0.7019),
])  # fmt: skip
def test_the_worked_step(noise, shares, step):
    """loss(w) = ceil |w| at w = 1 with the gradient 1; sigma = 0.5, alpha = 1."""
    result = shares_of_moves(LOSSES - 1, densities(MOVES, -1.0, 0.5, noise), 1.0)
    assert result == pytest.approx(shares, abs=1e-4)
    assert result @ MOVES == pytest.approx(step, abs=5e-5)


@pytest.mark.parametrize(("alpha", "expected"), [(0.5, -0.013193), (1e-4, -0.09995)])
def test_a_linear_loss_on_an_interval(alpha, expected):
    """The mean move is -(e coth(g e / alpha) - alpha / g), for g = 2 and moves of [-e, e], e = 0.1."""
    moves = np.linspace(-0.1, 0.1, 400_001)
    shares = shares_of_moves(2 * moves, np.zeros(len(moves)), alpha)
    assert shares @ moves == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("alpha", [1.0, 0.1])
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_a_quadratic_loss_gives_newtons_step_and_the_covariance_of_the_inverse_hessian(alpha, noise):
    gradient, hessian = np.array([1.0, -1.0]), np.array([[2.0, 0.5], [0.5, 1.0]])
    rng, count = np.random.default_rng(0), 200_000
    moves = rng.normal(size=(count, 2)) - gradient * (rng.random(count) >= noise)[:, None]
    losses = moves @ gradient + 0.5 * np.einsum("ni,ij,nj->n", moves, hessian, moves)
    shares = shares_of_moves(losses, densities(moves, -gradient, 1.0, noise), alpha)
    mean = shares @ moves
    assert mean == pytest.approx([-0.857143, 1.428571], abs=0.02)
    assert mean @ -gradient > 0
    covariance = np.einsum("n,ni,nj->ij", shares, moves - mean, moves - mean)
    assert covariance == pytest.approx(alpha * np.array([[0.571429, -0.285714], [-0.285714, 1.142857]]), abs=0.02)


def test_properties_of_the_shares():
    log_q = np.array([0.0, 1.0, -1.0, 0.5])
    shares = shares_of_moves(LOSSES, log_q, 1.0)
    assert shares.sum() == pytest.approx(1)
    assert shares_of_moves(LOSSES + 1e3, log_q, 1.0) == pytest.approx(shares)
    assert shares_of_moves(LOSSES, log_q, 1e9) == pytest.approx(np.exp(-log_q) / np.exp(-log_q).sum())
    assert shares_of_moves(np.array([3.0, 2.0, 1.0]), np.zeros(3), 1e-3) == pytest.approx([0, 0, 1])
    assert shares_of_moves(np.array([np.inf, np.nan, 7.0]), np.zeros(3), 1.0) == pytest.approx([0, 0, 1])
    assert shares_of_moves(np.array([np.inf, np.nan]), np.zeros(2), 1.0) is None
    assert all_alike(np.array([0.5, 0.5])) and not all_alike(np.array([0.5, 0.4])) and not all_alike(np.array([np.nan, np.nan]))


class Search:
    """A search on the tiny model: what every move was scored with, and what it left."""

    def __init__(self, scores, updates=0, seed=7, **settings):
        built, self.steps = tiny.again()
        self.before, self.tried, scores = self.read(), [], iter(scores)

        def score():
            self.tried.append(self.read())
            return next(scores)

        search = UpdateSearch(self.steps, Mgs(**settings), seed, lambda epoch, update: score)
        self.logs = search.update(Position(updates=updates), [tiny.batch()])
        self.left = self.read()

    def read(self):
        return [np.array(keras.ops.convert_to_numpy(weight)) for weight in self.steps.weights()]


@pytest.fixture(scope="module")
def guide():
    """What the optimizer alone makes of the weights."""
    built, steps = tiny.again()
    steps.train([tiny.batch()])
    return [np.array(keras.ops.convert_to_numpy(weight)) for weight in steps.weights()]


def alike(ones, others):
    return all(one == pytest.approx(other, abs=1e-6) for one, other in zip(ones, others, strict=True))


def test_the_best_move_is_followed_and_the_next_update_trains_from_there():
    search = Search([0.1, 0.9, 0.2, 0.3], alpha=1e-3)
    assert alike(search.left, search.tried[1]) and not alike(search.left, search.tried[0])
    assert search.logs["effective_sample_size"] == pytest.approx(1)
    assert search.logs["candidate_score"] == pytest.approx(0.375)
    search.steps.train([tiny.batch(seed=1)])
    assert not alike(search.left, search.read())


def test_high_temperature_takes_the_mean_of_the_moves():
    search = Search([0.1, 0.9, 0.2, 0.3], alpha=1e6)                    # far apart: all have the same density
    assert alike(search.left, [np.mean(each, axis=0) for each in zip(*search.tried, strict=True)])
    assert search.logs["effective_sample_size"] == pytest.approx(4, abs=1e-3)


def test_equal_scores_fall_back_to_the_guide_or_to_the_mean(guide):
    assert alike(Search([0.5] * 4).left, guide)
    search = Search([0.5] * 4, ties="mean")
    assert alike(search.left, [np.mean(each, axis=0) for each in zip(*search.tried, strict=True)])


def test_one_move_is_taken_whatever_it_scores_and_none_if_no_score_is_finite():
    search = Search([0.0], n=1)
    assert alike(search.left, search.tried[0]) and not alike(search.left, search.before)
    search = Search([float("nan")] * 4)
    assert alike(search.left, search.before) and search.logs["effective_sample_size"] == 0


def test_noise_has_the_norm_of_the_guide_times_sigma(guide):
    for noise, center in ((1.0, None), (0.0, guide)):
        search = Search([0.0], n=1, noise=noise, sigma=0.5)
        for before, after, tried, origin in zip(search.before, guide, search.tried[0], center or search.before, strict=True):
            expected = 0.5 * np.linalg.norm(after - before)
            assert np.linalg.norm(tried - origin) == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_draws_depend_on_the_seed_and_the_update_alone():
    first = Search([0.0], n=1)
    assert alike(first.tried[0], Search([1.0], n=1).tried[0])
    assert not alike(first.tried[0], Search([0.0], n=1, updates=1).tried[0])
    assert not alike(first.tried[0], Search([0.0], n=1, seed=8).tried[0])


def test_bad_settings_and_strategies_that_follow_the_weights():
    for settings, message in (({"ties": "none"}, "one of guide, mean. Received: none"), ({"alpha": 0.0}, "alpha"), ({"n": 0}, "n")):
        with pytest.raises(InputError, match=message):
            Mgs(**settings)
    with pytest.raises(InputError, match="ema follows the optimizer's weights, but mgs changes them afterwards"):
        check_strategies(["mgs", "ema"], None, None)
