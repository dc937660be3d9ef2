"""Reciprocal rank fusion: worked scores, weights and ties."""

import pytest

from baselines.retrieval.fusion import fuse


def test_worked_scores():
    fused = fuse([[7, 8, 9], [9, 7]], [1, 1], 3)
    assert [item for item, _ in fused] == [7, 9, 8]
    assert [score for _, score in fused] == pytest.approx([1 / 61 + 1 / 62, 1 / 63 + 1 / 61, 1 / 62])


@pytest.mark.parametrize(("weights", "order"), [((1, 0), [1, 2]), ((0, 1), [3, 2, 1]), ((1, 1), [1, 2, 3]), ((1, 2), [2, 1, 3])])
def test_weights_decide(weights, order):
    assert [item for item, _ in fuse([[1, 2], [3, 2, 1]], weights, 5)] == order


def test_equal_scores_keep_the_first_ranking_first():
    assert [item for item, _ in fuse([[1], [2]], [1, 1], 2)] == [1, 2]
    assert fuse([[], []], [1, 1], 3) == []
