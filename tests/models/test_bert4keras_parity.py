"""Outputs equal bert4keras 0.11.5's to 1e-5, for every family, mask and head.

Goldens: goldens/models/make_bert4keras_models.py.
"""

import json
import pathlib

import keras
import numpy as np
import pytest

from baselines.models.builder import build_transformer_model

pytestmark = pytest.mark.keras
GOLDENS = pathlib.Path(__file__).parents[1] / "goldens" / "models"
WEIGHTS = np.load(GOLDENS / "weights.npz")
OUTPUTS = np.load(GOLDENS / "outputs.npz")
SETUP = json.loads(str(OUTPUTS["cases"]))
CASES = [
    (name, application)
    for name, case in SETUP["cases"].items()
    for application in case.get("applications", ["encoder"])
]
ATTENTION = [f"{part}/{kind}" for part in ("query", "key", "value", "output") for kind in ("kernel", "bias")]
FEED_FORWARD = [f"{part}/{kind}" for part in ("inner", "outer") for kind in ("kernel", "bias")]


def bert4keras_index(path):
    """(layer, index) in bert4keras of a variable of ours: both have the same layer names."""
    layer, _, rest = path.partition("/")
    for order in (ATTENTION, FEED_FORWARD, ["beta", "gamma"], ["kernel", "bias"], ["embeddings"], ["bias"]):
        if rest in order and (rest != "bias" or (order == ["bias"]) == (layer == "MLM-Bias")):
            return layer, order.index(rest)
    raise KeyError(path)


def load(model):
    for variable in model.trainable_weights:
        layer, index = bert4keras_index(variable.path)
        variable.assign(WEIGHTS[f"{layer}/{index}/{'x'.join(map(str, variable.shape))}"])


@pytest.mark.parametrize("name, application", CASES)
def test_outputs_equal_bert4keras(name, application):
    case = SETUP["cases"][name]
    batch = {key: OUTPUTS[f"{name}/{key}"] for key in ("token_ids", "segment_ids")}
    start = f"{name}/{application}/"
    expected = {key.removeprefix(start): OUTPUTS[key] for key in OUTPUTS.files if key.startswith(start)}
    heads = dict.fromkeys(("with_pool", "with_nsp", "with_mlm"), "heads" in case)
    model = build_transformer_model(
        SETUP["config"], model=case["model"], application=application, **heads, **case.get("options", {})
    )
    if "heads" in case:
        model = keras.Model(model.input, model.output | {"mlm_logits": model.get_layer("MLM-Bias").output})
    load(model)
    found = model(batch)
    assert set(found) >= set(expected)
    for key, values in expected.items():
        np.testing.assert_allclose(keras.ops.convert_to_numpy(found[key]), values, rtol=0, atol=1e-5, err_msg=key)
