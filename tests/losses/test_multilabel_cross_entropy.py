"""Multi-label cross-entropy: worked numbers, both forms alike, impossible classes, scores of trained models."""

import numpy as np
import pytest
from keras import ops

from baselines.losses.multilabel_cross_entropy import multilabel_cross_entropy, sparse_multilabel_cross_entropy

pytestmark = pytest.mark.keras


def dense(scores, targets):
    return ops.convert_to_numpy(multilabel_cross_entropy(np.array(scores, "float32"), np.array(targets)))


def sparse(scores, positives):
    return ops.convert_to_numpy(sparse_multilabel_cross_entropy(np.array(scores, "float32"), np.array(positives, "int32")))


def test_worked_number():
    """log(1 + e^-1 + e^.5) + log(1 + e^-2 + e^3)"""
    assert dense([2, -1, 0.5, -3], [1, 0, 0, 1]) == pytest.approx(4.159116, abs=1e-6)
    assert sparse([[2, -1, 0.5, -3]], [[3, 0, -1]]) == pytest.approx([4.159116], abs=1e-6)


def test_soft_targets_are_weights():
    """log(1 + .1 e^2 + .8 e^-1) + log(1 + .9 e^-2 + .2 e); kexue.fm/archives/9064."""
    expected = np.log(1 + 0.1 * np.exp(2) + 0.8 * np.exp(-1)) + np.log(1 + 0.9 * np.exp(-2) + 0.2 * np.exp(1))
    assert dense([2, -1], np.float32([0.9, 0.2])) == pytest.approx(expected, abs=1e-6)
    hard = dense([2, -1, 0.5, -3, -1e9], np.float32([1, 0, 0, 1, 0]))
    assert hard == pytest.approx(dense([2, -1, 0.5, -3, -1e9], [1, 0, 0, 1, 0]), abs=1e-6)
    scores = np.linspace(-4, 4, 8001)[:, None]                          # the best score of a class alone
    assert scores[dense(scores, np.full_like(scores, 0.9)).argmin(), 0] == pytest.approx(np.log(9) / 2, abs=2e-3)


@pytest.mark.parametrize("positives, negatives", [(0, 4), (4, 0), (1, 3)])
def test_all_scores_zero(positives, negatives):
    targets = [1] * positives + [0] * negatives
    assert dense([0] * 4, targets) == pytest.approx(np.log1p(positives) + np.log1p(negatives), abs=1e-6)


def test_forms_are_alike_for_any_shape_and_none_or_all_positive():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 5, (2, 3, 8))
    targets = rng.random((2, 3, 8)) < 0.3
    targets[0, 0], targets[0, 1] = False, True
    positives = np.full((2, 3, 9), -1)
    for index in np.ndindex(2, 3):
        found = np.flatnonzero(targets[index])
        positives[index][rng.permutation(9)[: len(found)]] = found      # -1 may stand anywhere
    np.testing.assert_allclose(dense(scores, targets), sparse(scores, positives), atol=1e-5)


def test_impossible_classes_enter_no_sum():
    assert dense([2, -1, -1e9, 0.5, -3, -1e9], [1, 0, 0, 0, 1, 0]) == pytest.approx(4.159116, abs=1e-6)
    assert sparse([[2, -1, -1e9, 0.5, -3, -1e9]], [[0, 4]]) == pytest.approx([4.159116], abs=1e-6)


def test_negatives_are_heard_beside_very_sure_positives():
    """The usual sparse form subtracts e^30 from a sum with e^30: the negative at 1 would be lost."""
    assert sparse([[30, 1, -8]], [[0, -1]]) == pytest.approx([np.log1p(np.e + np.exp(-8))], abs=1e-6)
