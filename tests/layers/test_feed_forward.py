"""The feed-forward layer: gates and biases by hand."""

import numpy as np
import pytest
from keras import ops

from baselines.layers.feed_forward import FeedForward

pytestmark = pytest.mark.keras


def test_a_gate_multiplies_the_inner_columns():
    layer = FeedForward(2, 2, hidden_act="relu", use_bias=False, gate_act="linear")
    layer.build((None, None, 2))
    for dense, kernel in ((layer.inner, [[1, -1], [0, 0]]), (layer.gate, [[0, 0], [2, 3]]), (layer.outer, [[1, 0], [10, 1]])):
        assert dense.bias is None
        dense.kernel.assign(np.float32(kernel))
    x = np.float32([[[3, 5], [-3, 5]]])                                 # inner (3, 0), (0, 3); gate (10, 15)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), [[[30, 0], [450, 45]]])
