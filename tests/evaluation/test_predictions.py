"""Rows to examples: windows gathered, every id kept, misuse refused."""

import numpy as np
import pytest

from baselines.evaluation import predictions
from baselines.task import Example

EXAMPLES = [Example(id=id, texts=(id,)) for id in ("a", "b", "c")]


def decode(example, outputs):
    return example.id, outputs["logits"].tolist()


def test_windows_of_an_example_come_together_in_their_order():
    outputs = {"logits": np.array([10, 20, 11, 30])}
    assert predictions.gather(EXAMPLES, [0, 1, 0, 2], outputs, decode) == {
        "a": ("a", [10, 11]), "b": ("b", [20]), "c": ("c", [30]),
    }


@pytest.mark.parametrize("owners", [[0, 0, 2], [0, 1, 2, 3], [-1, 0, 1, 2]])
def test_every_example_owns_rows_and_nobody_else(owners):
    with pytest.raises(ValueError, match="do not match 3 examples"):
        predictions.gather(EXAMPLES, owners, {"logits": np.zeros(len(owners))}, decode)


def test_losses_are_means_over_windows():
    np.testing.assert_allclose(predictions.gather_losses([0, 1, 0], [1.0, 5.0, 3.0], 2), [2, 5])
