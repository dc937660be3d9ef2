"""CAN: worked numbers, the loop over alternating normalisations as the slow form, and inputs without an answer."""

import warnings

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.evaluation.can import Can, can, uncertainty

SURE = [[0.9, 0.05, 0.05], [0.8, 0.15, 0.05], [0.1, 0.85, 0.05]]
QUERY = [0.4, 0.35, 0.25]
PRIOR = [0.4, 0.3, 0.3]


def loop(probs, prior, k, tau, alpha, iters):
    """The definition, one step at a time."""
    probs, prior = np.array(probs, float), np.array(prior, float)
    result, unsure = probs.copy(), []
    for row in probs:
        top = sorted(row)[::-1][:k]
        shares = [p / sum(top) for p in top]
        unsure.append(-sum(p * np.log(p) for p in shares if p > 0) / np.log(len(top)) >= tau)
    sure = [row for row, is_unsure in zip(probs, unsure, strict=True) if not is_unsure]
    for number in np.flatnonzero(unsure):
        rows = np.array([*sure, probs[number]])
        for _ in range(iters):
            rows = rows**alpha
            for column in range(len(prior)):
                rows[:, column] *= prior[column] / rows[:, column].mean()
            np.testing.assert_allclose(rows.mean(axis=0), prior)        # what the first half brings about
            for row in rows:
                row /= row.sum()
        result[number] = rows[-1]
    return result


def distributions(rng, rows, classes, sharpness):
    logits = rng.normal(size=(rows, classes)) * sharpness
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_two_classes():
    np.testing.assert_allclose(can([[0.05, 0.95], [0.5, 0.5]], [0.5, 0.5], k=2)[1], [0.725, 0.275])


@pytest.mark.parametrize("settings, expected", [
    ({}, [0.216949, 0.223729, 0.559322]),
    ({"iters": 2}, [0.189197, 0.214286, 0.596517]),
    ({"alpha": 2}, [0.113002, 0.120826, 0.766171]),
])  # fmt: skip
def test_three_classes(settings, expected):
    """The answer becomes the class that is rare among the sure ones."""
    found = can([*SURE, QUERY], PRIOR, **settings)
    np.testing.assert_allclose(found[3], expected, atol=1e-6)
    np.testing.assert_array_equal(found[:3], SURE)


def test_uncertainty():
    np.testing.assert_allclose(uncertainty([QUERY, SURE[0]], 3), [0.983539, 0.358996], atol=1e-6)
    np.testing.assert_allclose(uncertainty([[0.5, 0.25, 0.25], [0.5, 0.5, 0]], 2), [0.918296, 1], atol=1e-6)
    np.testing.assert_allclose(uncertainty([[0.5, 0.25, 0.25], [0.5, 0.5, 0]], 3), [0.946395, 0.630930], atol=1e-6)
    np.testing.assert_allclose(uncertainty([[0.3, 0.3, 0.3, 0.1]], 3), [1])
    np.testing.assert_array_equal(uncertainty([[1.0, 0, 0], [0, 1.0, 0]], 3), 0)
    paper = uncertainty([[0.4, 0.3, 0.2, 0.1]], 2, renormalized=False)
    np.testing.assert_allclose(paper, -(0.4 * np.log(0.4) + 0.3 * np.log(0.3)) / np.log(4))


@pytest.mark.parametrize("settings", [
    {"alpha": 1, "iters": 1}, {"alpha": 2, "iters": 1}, {"alpha": 0.5, "iters": 1}, {"alpha": 1, "iters": 3}, {"k": 5, "tau": 0.6},
])  # fmt: skip
def test_as_the_loop(settings):
    rng = np.random.default_rng(0)
    probs, prior = distributions(rng, 60, 5, 2.0), rng.dirichlet(np.ones(5))
    settings = {"k": 3, "tau": 0.9, "alpha": 1, "iters": 1, **settings}
    found = can(probs, prior, **settings)
    unsure = uncertainty(probs, settings["k"]) >= settings["tau"]
    assert 5 < unsure.sum() < 55
    np.testing.assert_allclose(found, loop(probs, prior, **settings), atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_array_equal(found[~unsure], probs[~unsure])


def test_each_row_depends_on_itself_and_the_sure_ones_only():
    rng = np.random.default_rng(1)
    probs, prior = distributions(rng, 40, 4, 2.0), [0.1, 0.2, 0.3, 0.4]
    unsure = uncertainty(probs) >= 0.9
    one = np.flatnonzero(unsure)[2]
    alone = np.concatenate([probs[~unsure], probs[one : one + 1]])
    np.testing.assert_allclose(can(probs, prior)[one], can(alone, prior)[-1])
    order, classes = rng.permutation(40), rng.permutation(4)
    np.testing.assert_allclose(can(probs[order], prior), can(probs, prior)[order])
    np.testing.assert_allclose(can(probs[:, classes], np.array(prior)[classes]), can(probs, prior)[:, classes])


def test_many_sure_rows_that_balance_leave_a_row_as_it_is():
    sure = np.tile(np.eye(3), (5000, 1))                                # uniform as a whole
    np.testing.assert_allclose(can([*sure, QUERY], [1 / 3] * 3)[-1], QUERY, atol=1e-4)


def test_zeros_are_probabilities_too():
    found = can([[1.0, 0, 0], [0, 1.0, 0], [0.5, 0.5, 0]], PRIOR, k=2)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[2], [4 / 7, 3 / 7, 0])             # a class that nobody predicts stays at 0
    np.testing.assert_array_equal(can([[1.0, 0, 0], [0, 1.0, 0]], PRIOR), [[1, 0, 0], [0, 1, 0]])


def test_without_a_sure_row_nothing_is_done_and_that_is_told():
    rows = np.array([[0.4, 0.3, 0.3], [0.34, 0.33, 0.33]])
    with pytest.warns(UserWarning, match="no prediction is surer"):
        np.testing.assert_array_equal(can(rows, PRIOR), rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(can(SURE, PRIOR), SURE)           # and without an unsure one, silently


def test_a_prior_of_0_excludes_its_class():
    with pytest.warns(UserWarning, match="1 classes have a prior of 0"):
        found = can([*SURE, QUERY], [0.5, 0.5, 0])
    assert found[3, 2] == 0 and found[3].sum() == pytest.approx(1)
    with pytest.warns(UserWarning, match="prior of 0"):
        left = can([[1.0, 0, 0, 0], [0, 0, 0.5, 0.5]], [0.5, 0.5, 0, 0], k=2)
    np.testing.assert_array_equal(left[1], [0, 0, 0.5, 0.5])            # nothing would be left of it


def test_k_above_the_number_of_classes_is_that_number():
    probs = [[0.9, 0.1], [0.55, 0.45]]
    np.testing.assert_array_equal(can(probs, [0.5, 0.5], k=3), can(probs, [0.5, 0.5], k=2))


@pytest.mark.parametrize("probs, prior, parts", [
    ([[0.5, 0.6]], [0.5, 0.5], ["sum to 1", "row 0"]),
    ([[0.5, 0.5], [1.2, -0.2]], [0.5, 0.5], ["of 0 or more", "row 1"]),
    ([[np.nan, 0.5]], [0.5, 0.5], ["sum to 1"]),
    ([[0.5, 0.5]], [0.3, 0.3, 0.4], ["there are 2 classes", "(3,)"]),
    ([[0.5, 0.5]], [3, 4], ["the prior", "sum to 1"]),
    ([[1.0]], [1.0], ["two classes"]),
    ([0.5, 0.5], [0.5, 0.5], ["(N, C)"]),
])  # fmt: skip
def test_what_is_no_distribution_is_refused(probs, prior, parts):
    with pytest.raises(InputError) as error:
        can(probs, prior)
    assert [part for part in parts if part not in str(error.value)] == [], error.value


@pytest.mark.parametrize("settings", [{"k": 1}, {"tau": -0.1}, {"alpha": 0.0}, {"iters": 0}])
def test_ranges_of_settings(settings):
    with pytest.raises(InputError, match="expected a number"):
        Can(**settings)
    assert Can()([*SURE, QUERY], PRIOR)[3, 2] == pytest.approx(0.559322, abs=1e-6)
