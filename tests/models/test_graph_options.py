"""Options of the builder that change a model's graph or cut its checkpoint: as bert4keras computes them.

Goldens: goldens/models/make_bert4keras_options.py.
"""

import json
import pathlib

import keras
import numpy as np
import pytest
import small
from keras import ops

from baselines.errors import InputError
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import family
from baselines.models.surgery import orthogonally_resized, resized_weight
from baselines.weights.save import save_hugging_face

pytestmark = pytest.mark.keras
GOLDENS = np.load(pathlib.Path(__file__).parents[1] / "goldens" / "models" / "options.npz")
CONFIG = {**small.CONFIG, "vocab_size": 20, "max_position_embeddings": 16, "num_hidden_layers": 1}
CASES = {
    "condition": {"model": "bert", "condition_size": 6},
    "condition-hidden": {"model": "nezha", "condition_size": 6, "condition_hidden_size": 5, "condition_hidden_act": "tanh"},
    "positions": {"model": "bert", "custom_position_ids": True},
    "positions-rotary": {"model": "roformer", "custom_position_ids": True},
    "segments": {"model": "bert", "share_segments": True},
}
ORDER = ("query", "key", "value", "inner", "outer", "output", "embeddings", "beta", "gamma", "hidden", "to_beta", "to_gamma")
"""Of the weights of a layer in bert4keras; kernels are before biases."""


def load(model, case):
    layers = {}
    for weight in model.trainable_weights:
        layer, *parts = weight.path.split("/")
        first = next((ORDER.index(part) for part in parts if part in ORDER), 0)
        layers.setdefault(layer, []).append((first, parts[-1] == "bias", weight.path, weight))
    for layer, weights in layers.items():
        for index, (*_, weight) in enumerate(sorted(weights, key=lambda each: each[:2])):
            weight.assign(GOLDENS[f"{case}/{layer}/{index}"])


@pytest.mark.parametrize("case", CASES)
def test_outputs_equal_bert4keras(case):
    model = build_transformer_model(CONFIG, **CASES[case])
    load(model, case)
    batch = {name: GOLDENS[f"{case}/inputs/{name}"] for name in model.input}
    found = ops.convert_to_numpy(model(batch)["hidden_states"])
    np.testing.assert_allclose(found, GOLDENS[f"{case}/hidden_states"], rtol=0, atol=1e-5)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_allclose(ops.convert_to_numpy(clone(batch)["hidden_states"]), found, atol=1e-6)


def test_a_fresh_condition_changes_nothing():
    plain, model = build_transformer_model(CONFIG), build_transformer_model(CONFIG, condition_size=3)
    fresh = {weight.path: weight for weight in model.weights}
    for weight in plain.weights:
        fresh[weight.path].assign(weight)
    batch = {"token_ids": np.array([[3, 4, 5]], "int32"), "segment_ids": np.zeros((1, 3), "int32")}
    expected = ops.convert_to_numpy(plain(batch)["hidden_states"])
    found = model(batch | {"condition": np.ones((1, 3), "float32")})["hidden_states"]
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-6)


@pytest.mark.parametrize("number", range(3))
def test_resizing_is_that_of_bert4keras(number):
    before, after = GOLDENS[f"resized/{number}/before"], GOLDENS[f"resized/{number}/after"]
    np.testing.assert_allclose(orthogonally_resized(before, after.shape), after, atol=1e-12)


def test_a_resized_layer_is_scaled_by_what_it_computes():
    config, array = Config.from_dict({**small.CONFIG, "hidden_act": "gelu"}), np.ones((4, 8))
    plain = orthogonally_resized(array, (4, 16))
    factors = {"Embedding-Token/embeddings": 1, "Transformer-0-MultiHeadSelfAttention/key/kernel": 2**0.25,
               "Transformer-0-FeedForward/inner/kernel": 2**0.5, "Transformer-0-FeedForward/outer/kernel": 1}  # fmt: skip
    for path, factor in factors.items():
        np.testing.assert_allclose(resized_weight(array, (4, 16), path, config), factor * plain)
    outer = resized_weight(array, (8, 8), "Transformer-0-FeedForward/outer/kernel", config)
    np.testing.assert_allclose(outer, orthogonally_resized(array, (8, 8)) * 0.5**0.5)
    with pytest.raises(InputError, match="3 rows, an odd number"):
        orthogonally_resized(np.ones((3, 2)), (6, 2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint of four blocks."""
    folder, config = tmp_path_factory.mktemp("checkpoint"), Config.from_dict({**CONFIG, "num_hidden_layers": 4})
    save_hugging_face(build_transformer_model(config), folder, family("bert").weight_names(config))
    (folder / "config.json").write_text(json.dumps(config.to_hugging_face()))
    return folder


def test_some_blocks_are_kept(folder):
    whole, part = build_transformer_model(folder), build_transformer_model(folder, keep_hidden_layers=[3, 1])
    assert len([layer for layer in part.layers if layer.name.endswith("-FeedForward")]) == 2
    for ours, theirs in ((0, 3), (1, 1)):
        layers = (part.get_layer(f"Transformer-{ours}-FeedForward"), whole.get_layer(f"Transformer-{theirs}-FeedForward"))
        for one, other in zip(*(layer.get_weights() for layer in layers), strict=True):
            np.testing.assert_array_equal(one, other)
    with pytest.raises(InputError, match=r"keep_hidden_layers=\[4\]: the model has the blocks 0 to 3"):
        build_transformer_model(folder, keep_hidden_layers=[4])


def test_a_checkpoint_is_resized(folder):
    sizes = {"hidden_size": 32, "intermediate_size": 40, "embedding_size": 32, "attention_head_size": 16, "attention_key_size": 16}
    with pytest.raises(InputError, match="no tensor fits the model"):
        build_transformer_model(folder, **sizes)
    model = build_transformer_model(folder, autoresize=True, **sizes)
    table = ops.convert_to_numpy(model.get_layer("Embedding-Token").embeddings)
    before = ops.convert_to_numpy(build_transformer_model(folder).get_layer("Embedding-Token").embeddings)
    np.testing.assert_allclose(np.linalg.norm(table), np.linalg.norm(before), rtol=1e-5)
    np.testing.assert_allclose(table[:, :2], table[:, 2:4])


def test_what_has_no_such_place_is_refused():
    with pytest.raises(InputError, match="custom_position_ids: model=nezha has no absolute or rotary positions"):
        build_transformer_model(CONFIG, model="nezha", custom_position_ids=True)
    with pytest.raises(InputError, match="share_segments: model=bert has no segment"):
        build_transformer_model(CONFIG, type_vocab_size=0, share_segments=True)
