"""Who sees whom, row by row, and the identities between the masks."""

import keras
import numpy as np
import pytest

from baselines.layers.attention_mask import AttentionMask

pytestmark = pytest.mark.keras
L = 6


def visible(mask, token_ids=None, **inputs):
    """bool (B, L, L)."""
    rows = max(len(value) for value in inputs.values()) if inputs else 1
    token_ids = np.ones((rows, L), "int32") if token_ids is None else np.asarray(token_ids, "int32")
    inputs = {name: np.asarray(value, "int32") for name, value in inputs.items()}
    found = keras.ops.convert_to_numpy(AttentionMask(mask)(token_ids, **inputs))
    assert found.dtype == bool
    return np.broadcast_to(found, (len(token_ids), 1, token_ids.shape[1], token_ids.shape[1]))[:, 0]


def test_prefix_row_by_row():
    found = visible("prefix", np.ones((1, 5)), segment_ids=[[0, 0, 0, 1, 1]])[0]
    assert ["".join(map(str, row)) for row in found.astype(int)] == ["11100", "11100", "11100", "11110", "11111"]


def test_a_zero_after_a_one_belongs_to_that_one():
    found = visible("prefix", np.ones((1, 5)), segment_ids=[[0, 0, 1, 0, 1]])[0]
    assert ["".join(map(str, row)) for row in found.astype(int)] == ["11000", "11000", "11110", "11110", "11111"]


def test_prefix_of_zeros_is_bidirectional_and_of_ones_causal():
    causal, everything = visible("causal")[0], visible("bidirectional")[0]
    assert everything.all()
    np.testing.assert_array_equal(causal, np.tril(np.ones((L, L), bool)))
    found = visible("prefix", segment_ids=[[0] * L, [1] * L, [0] + [1] * (L - 1)])
    np.testing.assert_array_equal(found, [everything, causal, causal])


def test_prefix_length_equals_prefix():
    lengths = list(range(L + 1))
    segment_ids = [[0] * p + [1] * (L - p) for p in lengths]
    found = visible("prefix_length", prefix_length=lengths)
    np.testing.assert_array_equal(found, visible("prefix", segment_ids=segment_ids))
    np.testing.assert_array_equal(found[0], found[1])                   # prefix(0) = prefix(1) = causal


@pytest.mark.parametrize("mask", ["bidirectional", "causal", "prefix", "prefix_length"])
def test_padding_is_no_key_but_position_0_always_is(mask):
    inputs = {"prefix": {"segment_ids": [[0, 0, 1, 1, 0, 0]]}, "prefix_length": {"prefix_length": [2]}}.get(mask, {})
    found = visible(mask, [[0, 5, 5, 5, 0, 0]], **inputs)[0]
    assert found[:, 0].all() and not found[:, 4:].any()
    assert found[3, :4].all()
