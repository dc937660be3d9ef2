"""What holds for the families beside BERT, NEZHA and RoFormer: padding changes nothing, every weight learns, half precision."""

import keras
import numpy as np
import pytest
import small
from keras import ops

from baselines.errors import InputError
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import trained_positions
from baselines.training import backends

pytestmark = pytest.mark.keras
CONFIG = {**small.CONFIG, "max_position_embeddings": 32, "initializer_range": 0.3, "initializer": "normal", "num_hidden_layers": 3}
RELATIVE = {"relative_attention": True, "pos_att_type": "c2p|p2c", "norm_rel_ebd": "layer_norm", "position_biased_input": False}
FAMILIES = {
    "roformer_v2": {},
    "gau_alpha": {"attention_key_size": 8},
    "electra": {"embedding_size": 12},
    "ernie": {"use_task_id": True},
    "albert": {"embedding_size": 12},
    "xlm_roberta": {},
    "deberta_v2": {**RELATIVE, "position_buckets": 4, "share_att_key": True, "conv_kernel_size": 3},
    "modernbert": {"local_attention": 4},
}
PAD = {"xlm_roberta": 1}
HEADS = {"with_pool": True, "with_nsp": True, "with_mlm": True}


def build(family, **options):
    keras.utils.set_random_seed(0)
    return build_transformer_model(CONFIG, model=family, **FAMILIES[family], **options)


def rows(model, family, real=6, length=6):
    """Two rows of `real` random tokens, padded; segments 1 from the middle on."""
    token_ids = np.full((2, length), PAD.get(family, 0), "int32")
    token_ids[:, :real] = np.random.default_rng(real).integers(2, 40, (2, real))
    position = np.arange(length)
    segment_ids = np.tile((position >= real // 2) & (position < real), (2, 1)).astype("int32")
    batch = {"token_ids": token_ids, "segment_ids": segment_ids, "prefix_length": np.full(2, real // 2, "int32")}
    return {name: batch[name] for name in model.input}


def run(model, batch):
    return {name: ops.convert_to_numpy(ops.cast(value, "float32")) for name, value in model(batch).items()}


@pytest.mark.parametrize("mask", ["bidirectional", "prefix"])
@pytest.mark.parametrize("family", FAMILIES)
def test_padding_changes_nothing(family, mask):
    if family == "deberta_v2" and mask != "bidirectional":
        with pytest.raises(InputError, match=f"conv_kernel_size=3 every token sees its neighbors, which mask={mask}"):
            build(family, mask=mask)
        return
    model = build(family, mask=mask, **HEADS)
    plain, padded = run(model, rows(model, family)), run(model, rows(model, family, length=11))
    for name, value in plain.items():
        same = padded[name][:, :6] if value.ndim == 3 else padded[name]
        np.testing.assert_allclose(same, value, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_weight_learns(family):
    model = build(family, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **HEADS)
    batch, weights = rows(model, family, real=8, length=8), model.trainable_weights

    def loss(values):
        with keras.StatelessScope(list(zip(weights, values, strict=True))):
            outputs = model(batch)
        return ops.sum(ops.max(outputs["mlm"], axis=-1)) + ops.sum(outputs["nsp"][:, 0]), 0

    _, gradients = backends.current().value_and_gradients(loss, [weight.value for weight in weights])
    for weight, gradient in zip(weights, gradients, strict=True):
        if not weight.path.endswith("key/bias"):                        # adds the same to all scores of a row
            assert np.abs(ops.convert_to_numpy(gradient)).max() > 0, weight.path


@pytest.mark.parametrize("family", ["gau_alpha", "deberta_v2", "modernbert"])
def test_half_precision_is_near_and_its_probabilities_are_float32(family):
    whole, half = build(family, **HEADS), build(family, dtype="mixed_bfloat16", **HEADS)
    half.set_weights(whole.get_weights())
    batch = rows(whole, family, real=5, length=8)
    outputs = half(batch)
    assert keras.backend.standardize_dtype(outputs["hidden_states"].dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(outputs["mlm"].dtype) == "float32"
    np.testing.assert_allclose(run(half, batch)["mlm"].sum(-1), 1, atol=1e-5)
    expected, found = run(whole, batch)["hidden_states"][:, :5], run(half, batch)["hidden_states"][:, :5]
    assert np.sqrt(np.mean((found - expected) ** 2)) < 0.1 * np.sqrt(np.mean(expected**2))


def test_fairseqs_roberta_is_known_by_its_padding():
    assert Config.from_dict({**CONFIG, "model_type": "roberta"}).model_type == "roberta"
    config = Config.from_dict({**CONFIG, "model_type": "roberta", "pad_token_id": 1})
    assert config.model_type == "xlm_roberta" and trained_positions(config) == 30
    assert config.to_hugging_face()["model_type"] == "roberta"
    with pytest.raises(ValueError, match="31 tokens, but there are position embeddings for 30"):
        build("xlm_roberta")({"token_ids": np.ones((1, 31), "int32")})


def test_norm_type_rms_norm_is_roformer_v2():
    config = Config.from_dict({**CONFIG, "model_type": "roformer", "norm_type": "rms_norm"})
    assert config.model_type == "roformer_v2"


def test_albert_has_one_block_or_one_per_layer():
    one, many = (build_transformer_model(CONFIG, model=name, with_mlm=True) for name in ("albert", "albert_unshared"))
    names = {weight.path.split("/")[0] for weight in one.weights if weight.path.startswith("Transformer")}
    assert "Transformer-FeedForward" in names and not any("-0-" in name for name in names)
    assert len([layer for layer in many.layers if layer.name.endswith("-FeedForward")]) == 3
    for weight in many.weights:
        shared = weight.path.replace("Transformer-0-", "Transformer-").replace("Transformer-1-", "Transformer-")
        shared = shared.replace("Transformer-2-", "Transformer-")
        weight.assign(next(other for other in one.weights if other.path == shared).numpy())
    batch = rows(one, "albert")
    np.testing.assert_allclose(run(one, batch)["mlm"], run(many, batch)["mlm"], atol=1e-5)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"model": "albert", "inner_group_num": 2}, "inner_group_num=2 is not implemented"),
        ({"model": "gau_alpha", "talking_heads": "pre"}, "talking_heads=pre and model=gau_alpha exclude each other"),
        ({"model": "bert", "with_discriminator": True}, "with_discriminator: model=bert has no such head"),
        ({"model": "modernbert", "norm_placement": "post"}, "norm_placement=post is not implemented"),
        ({"model": "modernbert", "layer_types": ["full_attention", "full_attention", "sliding_attention"]}, "no regular distance"),
        ({"model": "deberta_v2", "fused_attention": True}, "the kernel has no distances"),
    ],
)
def test_what_a_family_lacks_is_refused(options, message):
    model = {name: options.pop(name) for name in ("with_discriminator",) if name in options}
    with pytest.raises(InputError, match=message):
        build_transformer_model({**CONFIG, "model_type": options.pop("model"), **options}, **model)
