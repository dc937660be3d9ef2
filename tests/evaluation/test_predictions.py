"""Rows to examples: windows gathered, every id kept, misuse refused."""

import json

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
    with pytest.raises(ValueError, match="gather: expected rows for each of 3 examples"):
        predictions.gather(EXAMPLES, owners, {"logits": np.zeros(len(owners))}, decode)


def test_losses_are_means_over_windows():
    np.testing.assert_allclose(predictions.gather_losses([0, 1, 0], [1.0, 5.0, 3.0], 2), [2, 5])


def test_a_file_of_predictions_keeps_ids_and_order(tmp_path):
    predictions.write(tmp_path / "dev.json", {7: "体育", "x": {"书": [[0, 1]]}})
    lines = (tmp_path / "dev.json").read_text(encoding="utf-8").splitlines()
    assert lines[0] == '{"id": 7, "prediction": "体育"}'
    assert json.loads(lines[1]) == {"id": "x", "prediction": {"书": [[0, 1]]}}
