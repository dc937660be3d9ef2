"""Accuracy on worked numbers."""

import pytest

from baselines.metrics.accuracy import accuracy


def test_share_of_equal_pairs():
    assert accuracy(["a", "b", "c", "a"], ["a", "b", "a", "b"]) == {"accuracy": 0.5}
    assert accuracy(["1"], [1]) == {"accuracy": 0.0}


@pytest.mark.parametrize("golds, predictions", [([], []), (["a"], [])])
def test_lists_must_match(golds, predictions):
    with pytest.raises(ValueError, match="Give one prediction per gold"):
        accuracy(golds, predictions)
