"""Options of the builder: what is refused, what is written to config.json, what a checkpoint brings."""

import json
import re

import keras
import numpy as np
import pytest
import small

from baselines.errors import InputError
from baselines.models.builder import build_transformer_model, configure
from baselines.models.config import Config
from baselines.models.families import family
from baselines.models.options import USUAL
from baselines.weights.save import save_google, save_hugging_face

pytestmark = pytest.mark.keras
CONFIG = {**small.CONFIG, "max_position_embeddings": 8, "initializer_range": 0.3}
BATCH = {"token_ids": np.array([[1, 5, 7, 0]], "int32"), "segment_ids": np.array([[0, 0, 1, 0]], "int32")}


def states(model):
    return keras.ops.convert_to_numpy(model(BATCH)["hidden_states"])


def save(model, folder, **options):
    """A checkpoint folder of the model, whose config has `options`."""
    config = configure(CONFIG, **options)
    save_hugging_face(model, folder, family(config.model_type).weight_names(config))
    (folder / "config.json").write_text(json.dumps(config.to_hugging_face()))
    return folder


@pytest.mark.parametrize(
    "options, message",
    [
        ({"attention_kind": "lineal"}, "attention_kind must be one of softmax, linear (Did you mean linear). Received: 'lineal'"),
        ({"attention_scale": "logn"}, "attention_scale must be sqrt, none, log or a number > 0. Received: 'logn'"),
        ({"attention_scale": -1.0}, "attention_scale must be sqrt"),
        ({"talking_heads": "post"}, "talking_heads must be one of none, pre, pre_post"),
        ({"fused_attention": "yes"}, "fused_attention must be one of auto, True, False. Received: 'yes'"),
        ({"fused_attention": 1}, "Received: 1"),
        ({"norm_placement": "prenorm"}, "norm_placement must be one of post, pre"),
        ({"residual_scale": "deepnorm"}, "deepnorm_sgd, deepnorm_adam, deepnorm_lamb"),
        ({"initializer": "he"}, "initializer must be one of normal, lecun"),
        ({"attention_kind": "linear", "mask": "causal"}, "mask=causal exclude each other: it supports the padding"),
        ({"attention_kind": "linear", "model": "nezha"}, "attention_kind=linear and model=nezha"),
        ({"attention_kind": "linear", "talking_heads": "pre"}, "attention_kind=linear and talking_heads"),
        ({"attention_kind": "linear", "attention_scale": "log"}, "attention_kind=linear and attention_scale"),
        ({"attention_kind": "linear", "residual_attention_scores": True}, "linear and residual_attention_scores"),
        ({"attention_kind": "linear", "fused_attention": True}, "attention_kind=linear and fused_attention=True"),
        ({"fused_attention": True, "talking_heads": "pre"}, "fused_attention=True and talking_heads"),
        ({"fused_attention": True, "residual_attention_scores": True}, "fused_attention=True and residual"),
        ({"fused_attention": True, "attention_key_size": 6}, "True and attention_key_size=6"),
        ({"fused_attention": True, "model": "nezha"}, "fused_attention=True and model=nezha"),
        ({"norm_placement": "pre", "residual_scale": "deepnorm_adam"}, "pre and residual_scale=deepnorm"),
    ],
)
def test_mistakes_are_told(options, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        build_transformer_model(CONFIG, **options)
    assert str(caught.value).startswith("config: ") and "\n" not in str(caught.value)


def test_options_are_written_where_they_are_not_usual():
    assert not USUAL.keys() & Config.from_dict(CONFIG).to_hugging_face().keys()
    options = {"attention_scale": 2.5, "talking_heads": "pre", "norm_placement": "pre", "residual_scale": "rezero"}
    config = configure(CONFIG, fused_attention=False, initializer="lecun", **options)
    written = json.loads(json.dumps(config.to_hugging_face()))
    assert {key: written[key] for key in options} == options and written["initializer"] == "lecun"
    assert "fused_attention" not in written                             # of the machine, not of the model
    assert Config.from_dict(written).to_hugging_face() == written


def test_a_checkpoint_gets_talking_heads_and_computes_the_same(tmp_path):
    plain = build_transformer_model(CONFIG)
    mixed = build_transformer_model(save(plain, tmp_path), talking_heads="pre_post")
    assert len(mixed.weights) > len(plain.weights)
    np.testing.assert_allclose(states(mixed), states(plain), atol=1e-5)


@pytest.mark.parametrize("google", [False, True], ids=["hugging_face", "google"])
@pytest.mark.parametrize(
    "options", [{"talking_heads": "pre_post"}, {"norm_placement": "pre", "residual_scale": "rezero"}], ids=["mixed", "pre"]
)
def test_weights_of_options_are_saved_and_loaded(tmp_path, options, google):
    model = build_transformer_model(CONFIG, **options)
    for weight in model.trainable_weights:
        weight.assign(np.random.default_rng(0).normal(size=weight.shape))
    save(model, tmp_path, **options)
    if google:
        (tmp_path / "model.safetensors").unlink()
        save_google(model, tmp_path / "bert_model.ckpt", family("bert").weight_names(configure(CONFIG, **options)))
    np.testing.assert_allclose(states(build_transformer_model(tmp_path)), states(model), atol=1e-5)
    with pytest.raises(InputError, match="not expected"):
        build_transformer_model(tmp_path, **{key: USUAL[key] for key in options})


@pytest.mark.parametrize("options", [{"norm_placement": "pre"}, {"residual_scale": "rezero"}], ids=["Output-Norm", "Gate"])
def test_a_checkpoint_without_needed_weights_is_refused(tmp_path, options, request):
    save(build_transformer_model(CONFIG), tmp_path)
    with pytest.raises(InputError, match=f"missing: .*{request.node.callspec.id}"):
        build_transformer_model(tmp_path, **options)


def test_another_key_size_is_refused(tmp_path):
    save(build_transformer_model(CONFIG), tmp_path)
    found = build_transformer_model(CONFIG, attention_key_size=12)
    assert found.get_layer("Transformer-0-MultiHeadSelfAttention").query_dense.kernel.shape == (16, 24)
    with pytest.raises(InputError, match=r"8 misshaped: .*: expected \(.*24.*\), received \(.*16"):
        build_transformer_model(tmp_path, attention_key_size=12)
