"""Weights that a file keeps side by side in one tensor, such as GPT2's query, key and value."""

import keras
import numpy as np
import pytest

from baselines.errors import InputError
from baselines.weights import safetensors_file
from baselines.weights.checkpoint import open_checkpoint
from baselines.weights.load import load_weights
from baselines.weights.names import WeightName
from baselines.weights.save import save_hugging_face

pytestmark = pytest.mark.keras


def test_weights_that_a_file_keeps_side_by_side_are_cut_and_joined(tmp_path):
    inputs = keras.Input((4,))
    dense = [keras.layers.Dense(3, name=name) for name in ("query", "key")]
    model = keras.Model(inputs, [layer(inputs) for layer in dense])
    names = {}
    for index, layer in enumerate(dense):
        names[f"{layer.name}/kernel"] = WeightName(f"{layer.name}/kernel", "merged.weight", transposed=True, part=(index, 2))
        names[f"{layer.name}/bias"] = WeightName(f"{layer.name}/bias", "merged.bias", part=(index, 2))
    weight, bias = np.arange(24, dtype="float32").reshape(6, 4), np.arange(6, dtype="float32")
    safetensors_file.write(tmp_path / "model.safetensors", {"merged.weight": weight, "merged.bias": bias}, {})
    load_weights(model, tmp_path, names)
    for index, layer in enumerate(dense):
        np.testing.assert_array_equal(layer.kernel, weight[3 * index : 3 * index + 3].T)
        np.testing.assert_array_equal(layer.bias, bias[3 * index : 3 * index + 3])
    save_hugging_face(model, tmp_path / "again", names)
    saved = open_checkpoint(tmp_path / "again")
    np.testing.assert_array_equal(saved["merged.weight"], weight)
    np.testing.assert_array_equal(saved["merged.bias"], bias)
    safetensors_file.write(tmp_path / "model.safetensors", {"merged.weight": weight[:5], "merged.bias": bias}, {})
    with pytest.raises(InputError, match="misshaped"):
        load_weights(model, tmp_path, names)
