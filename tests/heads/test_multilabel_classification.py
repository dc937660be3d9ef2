"""Multi-label classification: targets of any number, loss, decoding."""

import numpy as np
import pytest

from baselines.heads.multilabel_classification import MultilabelClassificationHead, decode_labels
from baselines.task import Categories

pytestmark = pytest.mark.keras


def test_targets_are_filled_up():
    targets = MultilabelClassificationHead(3).batch_targets([np.array([2, 0]), np.array([], int)], 16)
    assert targets.tolist() == [[0, 2, -1, -1], [-1, -1, -1, -1]] and targets.dtype == np.int32


def test_loss_is_small_where_decoding_is_right():
    import keras

    head = MultilabelClassificationHead(3)
    logits = np.array([[9, -9, 9], [-9, -9, -9]], "float32")
    outputs = {"logits": keras.ops.convert_to_tensor(logits)}
    right = keras.ops.convert_to_numpy(head.loss(head.batch_targets([[0, 2], []], 16), outputs))
    wrong = keras.ops.convert_to_numpy(head.loss(head.batch_targets([[1], [0]], 16), outputs))
    assert (right < 1e-3).all() and (wrong > 9).all()
    decode = decode_labels(Categories("a", "b", "c"))
    assert [decode(None, {"logits": row[None]}) for row in logits] == [["a", "c"], []]


def test_confidence_is_that_of_all_labels_together():
    head = MultilabelClassificationHead(2)
    assert head.confidence(None, {"logits": np.array([[0.0, 100.0]])}) == pytest.approx(0.5)
