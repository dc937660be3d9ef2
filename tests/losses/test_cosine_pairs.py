"""The loss of all pairs of a batch against a loop; padding rows count nowhere."""

import keras
import numpy as np
import pytest

from baselines.losses.cosine_pairs import CosinePairs

pytestmark = pytest.mark.keras


def test_pairs_of_one_class_and_of_two_weigh_the_same():
    vectors = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    labels, weights = np.array([0, 1, 0, 1, 1], np.int32), np.array([1, 1, 1, 1, 0], np.float32)
    terms = CosinePairs().terms(keras.ops.array(labels), {"embedding": keras.ops.array(vectors)}, keras.ops.array(weights))
    found = [
        factor * float(np.sum(weights * keras.ops.convert_to_numpy(totals)) / np.sum(weights * keras.ops.convert_to_numpy(counts)))
        for factor, totals, counts in terms
    ]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = {True: [], False: []}
    for i in range(4):
        for j in range(4):
            if i != j:
                same = labels[i] == labels[j]
                expected[bool(same)].append((unit[i] @ unit[j] - same) ** 2)
    np.testing.assert_allclose(found, [np.mean(expected[True]), np.mean(expected[False])], rtol=1e-5)
