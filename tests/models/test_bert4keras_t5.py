"""T5's encoder, decoder, whole and gradients are bert4keras 0.11.5's to 1e-5. Goldens: goldens/models/make_bert4keras_t5.py."""

import json
import pathlib

import keras
import numpy as np
import pytest
from keras import ops

from baselines.models.builder import build_transformer_model, configure
from baselines.training import backends

pytestmark = pytest.mark.keras
GOLDENS = np.load(pathlib.Path(__file__).parents[1] / "goldens" / "models" / "t5.npz")
SETUP = json.loads(str(GOLDENS["setup"]))
BATCH = {name: GOLDENS[name] for name in ("token_ids", "decoder_token_ids")}
ORDERS = (("query", "key", "value", "output"), ("inner", "gate", "outer"))
TABLES = ("Embedding-Token", "Encoder-Embedding-Relative-Position", "Decoder-Embedding-Relative-Position")


def index_of(path, shapes):
    """The index in bert4keras of a variable of ours: both have the same layer names."""
    part = path.split("/")[1]
    order = next((order for order in ORDERS if part in order), (part,))
    return [name for name in order if any(f"/{name}/" in other for other in shapes)].index(part) if len(order) > 1 else 0


def build(name):
    model = build_transformer_model(SETUP["config"], model=name, with_mlm="linear", **SETUP["cases"][name])
    paths = [variable.path for variable in model.trainable_weights]
    for variable in model.trainable_weights:
        layer = variable.path.split("/")[0]
        index = index_of(variable.path, [path for path in paths if path.startswith(f"{layer}/")])
        variable.assign(GOLDENS[f"weights/{layer}/{index}/{'x'.join(map(str, variable.shape))}"])
    return model


@pytest.mark.parametrize("name", SETUP["cases"])
def test_encoder_and_decoder_are_bert4keras(name):
    model = build(name)
    found = model(BATCH)
    assert_close(found["encoder_hidden_states"], f"{name}/encoder")
    assert_close(found["mlm"], f"{name}/logits")
    alone = keras.Model([*model.input.values(), model.output["encoder_hidden_states"]], model.output["mlm"])
    everything = np.ones_like(BATCH["token_ids"])                       # the decoder alone sees all of its context
    assert_close(alone([everything, BATCH["decoder_token_ids"], GOLDENS["context"]]), f"{name}/decoder")



@pytest.mark.parametrize("name", ["t5.1.0", "t5.1.1"])
def test_gradients_are_bert4keras(name):
    model, backend = build(name), backends.current()
    variables, targets = model.trainable_variables, BATCH["decoder_token_ids"][:, 1:]

    def loss(values):
        with keras.StatelessScope([*zip(variables, values, strict=True)]):
            logits = model(BATCH)["mlm"]
        losses = ops.sparse_categorical_crossentropy(targets, logits[:, :-1], from_logits=True)
        real = ops.cast(targets != 0, "float32")
        return ops.sum(losses * real) / ops.sum(real), None

    compiled = backend.compile_function(lambda values: backend.value_and_gradients(loss, values))
    _, gradients = compiled([ops.convert_to_tensor(variable) for variable in variables])
    by_layer = {variable.path.split("/")[0]: value for variable, value in zip(variables, gradients, strict=True)}
    for layer in TABLES:
        assert_close(by_layer[layer], f"{name}/gradient/{layer}")


def assert_close(found, golden):
    np.testing.assert_allclose(ops.convert_to_numpy(found), GOLDENS[golden], rtol=0, atol=1e-5, err_msg=golden)


def test_other_names_mean_the_published_model():
    """`t5` and `mt5` have no relative positions in cross-attention, and `mt5` does not scale its logits."""
    assert [name for name in ("t5", "mt5", *SETUP["cases"]) if option(name, "cross_position_bias")] == [*SETUP["cases"]]
    assert [name for name in ("t5", "mt5", *SETUP["cases"]) if not option(name, "scale_decoder_outputs")] == ["mt5"]
    assert [name for name in ("t5", "mt5", *SETUP["cases"]) if option(name, "tie_word_embeddings")] == ["t5", "t5.1.0"]


def option(name, key):
    return configure(SETUP["config"] | {"hidden_act": "relu"}, model=name).option(key)
