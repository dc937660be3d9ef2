"""GPT, GPT2 and GPT2-ML: outputs and gradients equal bert4keras 0.11.5's to 1e-5.

Goldens: goldens/models/make_bert4keras_causal.py.
"""

import json
import pathlib

import keras
import numpy as np
import pytest
from keras import ops

from baselines.models.builder import build_transformer_model

pytestmark = pytest.mark.keras
GOLDENS = np.load(pathlib.Path(__file__).parents[1] / "goldens" / "models" / "causal.npz")
SETUP = json.loads(str(GOLDENS["cases"]))
BATCH = {name: GOLDENS[name] for name in ("token_ids", "segment_ids")}
REAL = BATCH["token_ids"] != 0
ORDERS = (
    [f"{part}/{kind}" for part in ("query", "key", "value", "output") for kind in ("kernel", "bias")],
    [f"{part}/{kind}" for part in ("inner", "outer") for kind in ("kernel", "bias")],
    ["beta", "gamma"],
    ["embeddings"],
)
"""Of a layer's weights in bert4keras."""


def golden_key(path):
    """"<layer>/<index>" of a variable of ours."""
    layer, _, rest = path.partition("/")
    order = next(order for order in ORDERS if rest in order)
    return f"{layer}/{order.index(rest)}"


def build(name, **options):
    """(model with the weights of a case, its features)."""
    case = SETUP["cases"][name]
    model = build_transformer_model(SETUP["config"], model=case["model"], **case["options"], **options)
    for variable in model.trainable_weights:
        variable.assign(GOLDENS[f"{name}/weights/{golden_key(variable.path)}"])
    return model, {feature: BATCH[feature] for feature in model.input}


@pytest.mark.parametrize("name", SETUP["cases"])
def test_outputs_equal_bert4keras(name):
    model, batch = build(name)
    logits = keras.Model(model.input, model.get_layer("LM-Activation").input)
    found = {"probabilities": model(batch)["mlm"], "hidden_states": model(batch)["hidden_states"], "logits": logits(batch)}
    for output, values in found.items():
        expected = GOLDENS[f"{name}/{output}"][REAL]
        np.testing.assert_allclose(ops.convert_to_numpy(values)[REAL], expected, rtol=0, atol=1e-5, err_msg=output)
    assert len(model.trainable_weights) == sum(key.startswith(f"{name}/weights/") for key in GOLDENS.files)


@pytest.mark.parametrize("name", ["gpt-shared", "gpt2", "gpt2_ml"])
def test_gradients_equal_bert4keras(name):
    model, batch = build(name, with_mlm="linear")
    targets = BATCH["token_ids"][:, 1:]

    def loss(targets, logits):
        real = ops.cast(targets != 0, "float32")
        losses = ops.sparse_categorical_crossentropy(targets, logits[:, :-1], from_logits=True)
        return ops.sum(losses * real) / ops.sum(real)

    trained = keras.Model(model.input, model.output["mlm"])
    trained.compile(keras.optimizers.SGD(1.0), loss=loss, jit_compile=keras.backend.backend() == "jax")
    before = {variable.path: ops.convert_to_numpy(variable).copy() for variable in model.trainable_weights}
    trained.train_on_batch(batch, targets)
    compared = 0
    for variable in model.trainable_weights:
        key = f"{name}/gradients/{golden_key(variable.path)}"
        if key in GOLDENS.files:
            gradient = before[variable.path] - ops.convert_to_numpy(variable)
            np.testing.assert_allclose(gradient, GOLDENS[key], rtol=1e-4, atol=1e-5, err_msg=key)
            compared += 1
    assert compared >= 13


@pytest.mark.parametrize("name", ["gpt-shared", "gpt2"])
def test_the_modules_of_bert4keras_names_build_the_same(name):
    from baselines.compat.bert4keras import models

    case = SETUP["cases"][name]
    model = models.build_transformer_model(model=case["model"], **{**SETUP["config"], **case["options"]})
    for variable in model.trainable_weights:
        variable.assign(GOLDENS[f"{name}/weights/{golden_key(variable.path.removeprefix(f'{model.name}/'))}"])
    batch = [BATCH["token_ids"], BATCH["segment_ids"]][: len(model.inputs)]
    found = ops.convert_to_numpy(model(batch))[REAL]
    np.testing.assert_allclose(found, GOLDENS[f"{name}/probabilities"][REAL], rtol=0, atol=1e-5)
