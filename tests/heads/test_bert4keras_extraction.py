"""Conditional layer normalization and the loss of GPLinker give what bert4keras gives: tests/goldens/extraction."""

from pathlib import Path

import keras
import numpy as np
import pytest

from baselines.heads.linker import LinkerHead
from baselines.layers.conditional_layer_normalization import ConditionalLayerNormalization

pytestmark = pytest.mark.keras
GOLDENS = np.load(Path(__file__).resolve().parents[1] / "goldens" / "extraction" / "goldens.npz")


def test_conditional_layer_normalization():
    layer, condition = ConditionalLayerNormalization(epsilon=1e-12), GOLDENS["norm/condition"]
    layer(GOLDENS["norm/x"], condition)
    weights = {"beta": layer.beta, "gamma": layer.gamma, "beta_kernel": layer.to_beta.kernel, "gamma_kernel": layer.to_gamma.kernel}
    for name, weight in weights.items():
        weight.assign(GOLDENS[f"norm/{name}"])
    found = keras.ops.convert_to_numpy(layer(GOLDENS["norm/x"], condition))
    np.testing.assert_allclose(found, GOLDENS["norm/y"], atol=1e-5)


def test_loss_of_linked_pairs():
    """bert4keras pads targets with the cell (0, 0), [CLS] with itself, and leaves it out of the loss; here it is a negative."""
    scores, cells = GOLDENS["linker/scores"].copy(), GOLDENS["linker/cells"]
    scores[..., 0, 0] = -1e9
    rows = [[(1, label, *cell) for label in range(3) for cell in of_row[label] if cell.any()] for of_row in cells]
    head = LinkerHead(1, relations=[(0, 0)] * 3)
    targets = head.batch_targets([np.array(row, np.int32) for row in rows], 7)
    found = keras.ops.convert_to_numpy(head.loss({"heads": targets["heads"]}, {"heads": scores}))
    np.testing.assert_allclose(found, GOLDENS["linker/loss"], rtol=1e-5)
