"""Correlations against worked numbers and SciPy."""

import numpy as np
import pytest
from scipy import stats

from baselines.metrics.correlation import pearson, ranks, spearman_and_pearson


def test_worked_numbers():
    assert ranks([0.5, 0.1, 0.5, 0.9]) == [2.5, 1.0, 2.5, 4.0]
    assert pearson([1, 2, 3], [1, 2, 3]) == 1.0 and pearson([1, 2, 3], [3, 2, 1]) == -1.0
    assert pearson([0, 0, 1, 1], [0, 1, 0, 1]) == 0.0
    assert spearman_and_pearson([1, 2, 3], [1, 2, 9]) == {"spearman": 1.0, "pearson": pytest.approx(8 / 76**0.5)}


@pytest.mark.parametrize("values", [1, 2, 5, 1000])
def test_against_scipy_with_ties(values):
    rng = np.random.default_rng(values)
    for size in (2, 3, 50, 400):
        golds = [0, *rng.integers(0, values + 1, size).tolist(), values]
        predictions = (np.array(golds) + rng.normal(size=len(golds)) * values).round(1).tolist()
        found = spearman_and_pearson(golds, predictions)
        assert found["spearman"] == pytest.approx(stats.spearmanr(golds, predictions).statistic, abs=1e-12)
        assert found["pearson"] == pytest.approx(stats.pearsonr(golds, predictions).statistic, abs=1e-12)


def test_large_numbers_that_hardly_differ():
    golds = [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 4]
    assert pearson(golds, [0, 1, 2, 4]) == pytest.approx(1, abs=1e-12)


def test_what_never_varies_correlates_with_nothing():
    assert spearman_and_pearson([3, 3], [0.1, 0.2]) == {"spearman": 0.0, "pearson": 0.0}
    assert pearson([1, 2, 3], [0.1, 0.1, 0.1]) == 0.0


def test_bad_lengths():
    with pytest.raises(ValueError, match="2 gold and 1 predicted"):
        pearson([1, 2], [1])
    with pytest.raises(ValueError, match="0 gold and 0 predicted"):
        spearman_and_pearson([], [])
