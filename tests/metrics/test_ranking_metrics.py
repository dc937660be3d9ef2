"""MRR, NDCG and MAP: worked numbers, scikit-learn's, and rankings that say nothing."""

import math
import random

import pytest

from baselines.metrics.ranking import average_precision, ndcg, ranking_scores, reciprocal_rank


def test_worked_rankings():
    assert reciprocal_rank([0, 0, 1, 2]) == pytest.approx(1 / 3)
    assert average_precision([0, 1, 0, 1]) == pytest.approx((1 / 2 + 2 / 4) / 2)
    gain = (2**1 - 1) / math.log2(2) + (2**2 - 1) / math.log2(4)
    best = (2**2 - 1) / math.log2(2) + (2**1 - 1) / math.log2(3)
    assert ndcg([1, 0, 2], 10) == pytest.approx(gain / best)
    assert ndcg([0, 0, 2], 2) == 0


def test_ndcg_is_scikit_learns():
    from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

    draw = random.Random(5)
    for _ in range(20):
        grades = [draw.randint(0, 3) for _ in range(9)] + [0, 3]
        scores = [draw.random() for _ in grades]
        found = ranking_scores([grades], [scores])
        assert found["ndcg_10"] == pytest.approx(ndcg_score([[2**grade - 1 for grade in grades]], [scores], k=10))
        assert found["map"] == pytest.approx(label_ranking_average_precision_score([[grade > 0 for grade in grades]], [scores]))


def test_equal_scores_earn_nothing():
    assert ranking_scores([[2, 0, 0]], [[0.5, 0.5, 0.5]])["mrr"] == pytest.approx(1 / 3)


def test_queries_of_one_grade_are_left_out():
    alone = ranking_scores([[1, 0]], [[0.1, 0.9]])
    assert ranking_scores([[1, 0], [1], [0, 0], [2, 2]], [[0.1, 0.9], [3], [1, 2], [1, 2]]) == alone
    assert ranking_scores([[1, 1]], [[1, 2]]) == {"mrr": 0.0, "ndcg_10": 0.0, "map": 0.0}
