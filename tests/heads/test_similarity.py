"""The similarity head: one number of [CLS], scores scaled to [0, 1] and back."""

import dataclasses

import keras
import numpy as np
import pytest

from baselines.heads.similarity import SimilarityHead, with_scores
from baselines.plugins import task_catalog
from baselines.task import Example

pytestmark = pytest.mark.keras


def encoder():
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "segment_ids")}
    return keras.Model(inputs, {"hidden_states": keras.layers.Embedding(10, 6)(inputs["token_ids"])})


def test_one_number_per_row_from_the_first_token():
    base = encoder()
    model = SimilarityHead()(base)
    rows = {"token_ids": np.array([[2, 5, 3], [2, 6, 0]], np.int32), "segment_ids": np.zeros((2, 3), np.int32)}
    found = keras.ops.convert_to_numpy(model(rows)["similarity"])
    kernel, bias = model.get_layer("Similarity").get_weights()
    first = keras.ops.convert_to_numpy(base(rows)["hidden_states"])[:, 0]
    assert found.shape == (2,) and found.dtype == np.float32 and kernel.shape == (6, 1)
    np.testing.assert_allclose(found, (first @ kernel + bias)[:, 0], atol=1e-6)


def test_targets_of_a_batch():
    targets = SimilarityHead().batch_targets([np.array(0.25), np.float32(1)], 16)
    assert targets.dtype == np.float32 and targets.tolist() == [0.25, 1.0]


class Spy:
    """A tokenizer that returns how it was asked."""

    def encode_pair(self, first, second, max_length, second_segment):
        return first, second, max_length, second_segment


def test_scores_are_scaled_for_the_loss_and_back():
    task = with_scores(dataclasses.replace(task_catalog.find("match")[1]), -1.0, 3.0)
    for gold, target in ((-1.0, 0.0), (3.0, 1.0), (0.0, 0.25), (None, None)):
        ((features, found),) = task.encode(Example(1, ("甲", "乙"), gold), Spy(), 8)
        assert features == ("甲", "乙", 8, 0) and found == target
    assert task.decode(None, {"similarity": np.array([0.25], np.float32)}) == 0.0
    assert task.decode(None, {"similarity": np.array([1.125], np.float32)}) == 3.5       # not clipped
