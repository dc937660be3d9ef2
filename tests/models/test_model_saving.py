"""Saved models load in a process that has not built them, and clone."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import small

from baselines.models.builder import build_transformer_model

pytestmark = pytest.mark.keras
CONFIG = {
    **small.CONFIG,
    "max_position_embeddings": 4,
    "hidden_act": "gelu_tanh",
    "residual_attention_scores": True,
    "hierarchical_position": True,
    "attention_head_size": 6,
    "embedding_size": 12,
}
BATCH = {
    "token_ids": np.array([[5, 6, 7, 8, 9, 0], [9, 8, 7, 6, 5, 4]], "int32"),
    "segment_ids": np.array([[0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1]], "int32"),
    "decoder_token_ids": np.array([[0, 6, 7, 0], [0, 8, 7, 6]], "int32"),
}
LOAD = """
import json, sys
import keras, numpy as np
import baselines.models.encoder, baselines.models.masks, baselines.models.families as families
[families.family(name) for name in families.families()]
for path in sys.argv[2:]:
    model = keras.models.load_model(path)
    batch = {name: np.array(value, "int32") for name, value in json.loads(sys.argv[1]).items() if name in model.input}
    model.compile(jit_compile=keras.backend.backend() == "jax")
    np.savez(path + ".npz", **model.predict_on_batch(batch))
"""


HEADS = {"with_pool": True, "with_nsp": True, "with_mlm": True}
FAMILIES = ("bert", "nezha", "roformer", "roformer_v2", "albert", "electra", "ernie")
PLAIN = {"residual_attention_scores": False, "hierarchical_position": False, "max_position_embeddings": 12}
OPTIONS = {
    "gau_alpha": {"model": "gau_alpha", "attention_key_size": 6, **PLAIN},
    "xlm_roberta": {"model": "xlm_roberta", **PLAIN},
    "deberta_v2": {"model": "deberta_v2", "relative_attention": True, "pos_att_type": "c2p|p2c", "conv_kernel_size": 3,
                   "norm_rel_ebd": "layer_norm", **PLAIN},
    "modernbert": {"model": "modernbert", "local_attention": 2, **PLAIN},
    "t5": {"model": "t5.1.1", "hidden_act": ["gelu", "linear"], "relative_attention_num_buckets": 6, **PLAIN},
    "bart": {"model": "bart", "decoder_layers": 1, "embedding_size": 16, **PLAIN},
    "mixed": {"talking_heads": "pre_post", "attention_scale": "log", "norm_placement": "pre", "residual_scale": "rezero"},
    "linear": {"attention_kind": "linear", "residual_scale": "deepnorm_adam", "initializer": "geometric", "model": "roformer"},
}


def build(name):
    """A model of a family, or of BERT with options."""
    if name not in OPTIONS:
        return build_transformer_model(CONFIG, model=name, mask="prefix", **HEADS)
    heads = {"with_mlm": True} if name in ("t5", "bart") else HEADS
    return build_transformer_model({**CONFIG, "residual_attention_scores": False}, **OPTIONS[name], **heads)


def batch_of(model):
    """Some models have no segments."""
    return {name: BATCH[name] for name in model.input}


def assert_same(found, expected):
    assert set(found) == set(expected)
    for name in expected:
        np.testing.assert_allclose(np.asarray(found[name]), np.asarray(expected[name]), atol=1e-6, err_msg=name)


def test_models_load_in_a_fresh_process(tmp_path):
    expected = {}
    for family in (*FAMILIES, *OPTIONS):
        model, path = build(family), str(tmp_path / f"{family}.keras")
        model.save(path)
        expected[path] = {name: keras.ops.convert_to_numpy(value) for name, value in model(batch_of(model)).items()}
    batch = json.dumps({name: value.tolist() for name, value in BATCH.items()})
    root = str(pathlib.Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "KERAS_BACKEND": keras.backend.backend()}
    subprocess.run([sys.executable, "-c", LOAD, batch, *expected], check=True, env=environment)
    for path, outputs in expected.items():
        assert_same(np.load(path + ".npz"), outputs)


@pytest.mark.parametrize("family", [*FAMILIES, *OPTIONS])
def test_models_clone(family):
    model = build(family)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    numpy = {name: keras.ops.convert_to_numpy(value) for name, value in clone(batch_of(model)).items()}
    assert_same(numpy, {name: keras.ops.convert_to_numpy(value) for name, value in model(batch_of(model)).items()})
    assert [weight.path for weight in clone.trainable_weights] == [weight.path for weight in model.trainable_weights]
