"""Outputs equal bert4keras 0.11.5's to 1e-5, for every family, mask and head, and gradients for every family.

Goldens: goldens/models/make_bert4keras_models.py.
"""

import json
import pathlib

import keras
import numpy as np
import pytest

from baselines.models.builder import build_transformer_model
from baselines.training import backends

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
PARTS = ("input", "query", "key", "value", "inner", "outer", "output")
KINDS = ("embeddings", "kernel", "beta", "gamma", "bias")
"""Sub-layers and their weights in bert4keras' order."""


def position(variable):
    """Sorts the weights of a layer as bert4keras does."""
    _, *parts, kind = variable.path.split("/")
    return [PARTS.index(part) for part in parts], KINDS.index(kind)


def golden_names(model):
    """[(variable, its name in the goldens)]."""
    layers = {}
    for variable in model.trainable_weights:
        layers.setdefault(variable.path.partition("/")[0], []).append(variable)
    return [
        (variable, f"{layer}/{index}")
        for layer, variables in layers.items()
        for index, variable in enumerate(sorted(variables, key=position))
    ]


def load(model):
    for variable, name in golden_names(model):
        variable.assign(WEIGHTS[f"{name}/{'x'.join(map(str, variable.shape))}"])


def built(name, **heads):
    case = SETUP["cases"][name]
    return build_transformer_model(SETUP["config"], model=case["model"], **heads, **case.get("options", {}))


def batch_of(name):
    return {key: OUTPUTS[f"{name}/{key}"] for key in ("token_ids", "segment_ids")}


@pytest.mark.parametrize("name, application", CASES)
def test_outputs_equal_bert4keras(name, application):
    heads = SETUP["cases"][name].get("heads", {})
    start = f"{name}/{application}/"
    expected = {key.removeprefix(start): OUTPUTS[key] for key in OUTPUTS.files if key.startswith(start)}
    if heads is True:
        model = built(name, application=application, with_pool=True, with_nsp=True, with_mlm=True)
        model = keras.Model(model.input, model.output | {"mlm_logits": model.get_layer("MLM-Bias").output})
        load(model)
        found = model(batch_of(name))
    else:
        model = built(name, application=application)
        load(model)
        found = {"hidden_states": model(batch_of(name))["hidden_states"]}
        for output, arguments in heads.items():
            model = built(name, application=application, **arguments)
            load(model)
            found[output] = model(batch_of(name))[output.removesuffix("_logits")]
    assert set(found) >= set(expected)
    for key, values in expected.items():
        ours = keras.ops.convert_to_numpy(found[key])
        np.testing.assert_allclose(ours.reshape(values.shape), values, rtol=0, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", [name for name in SETUP["cases"] if f"{name}/gradient_of" in OUTPUTS])
def test_gradients_equal_bert4keras(name):
    model = built(name, dropout_rate=0, attention_dropout_rate=0)
    load(model)
    named = golden_names(model)

    def loss(values):
        with keras.StatelessScope(list(zip([variable for variable, _ in named], values, strict=True))):
            return keras.ops.sum(model(batch_of(name))["hidden_states"] * OUTPUTS[f"{name}/gradient_of"]), 0

    _, gradients = backends.current().value_and_gradients(loss, [variable.value for variable, _ in named])
    for (variable, golden), gradient in zip(named, gradients, strict=True):
        expected = OUTPUTS[f"{name}/gradient/{golden}"]
        scale = max(1.0, np.abs(expected).max())
        ours = keras.ops.convert_to_numpy(gradient)
        np.testing.assert_allclose(ours / scale, expected / scale, rtol=0, atol=1e-5, err_msg=variable.path)
