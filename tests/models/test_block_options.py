"""Blocks with other attention, norms, residuals and starts: the invariants of every model hold, and the worked numbers."""

import keras
import numpy as np
import pytest
import small
from keras import ops

from baselines.models import residual
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.initialization import deepnorm, kernel, table_range
from baselines.models.style import Style

pytestmark = pytest.mark.keras
CONFIG = {
    **small.CONFIG,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
OPTIONS = {
    "log": {"attention_scale": "log", "attention_key_size": 12},
    "mixed": {"talking_heads": "pre_post", "residual_attention_scores": True},
    "fused": {"fused_attention": True, "attention_scale": 2.5},
    "linear": {"attention_kind": "linear", "model": "roformer"},
    "pre": {"norm_placement": "pre", "residual_scale": "rezero", "attention_scale": "none"},
    "deepnorm": {"residual_scale": "deepnorm_adam", "initializer": "quadratic"},
}
SEEING = [name for name in OPTIONS if name != "linear"]


@pytest.fixture(scope="module")
def build():
    """A maker of models whose gates and mixing matrices are not at their start; each is made once."""
    made = {}

    def model(name, mask="bidirectional"):
        if (name, mask) not in made:
            made[name, mask] = build_transformer_model(CONFIG, mask=mask, **OPTIONS[name])
            for weight in made[name, mask].trainable_weights:
                if "mix_" in weight.path or weight.path.endswith("gate"):
                    weight.assign(np.random.default_rng(0).normal(size=weight.shape))
        return made[name, mask]

    return model


def rows(length, padding=0):
    token_ids = np.random.default_rng(length).integers(1, 40, (2, length)).astype("int32")
    batch = {"token_ids": token_ids, "segment_ids": (np.indices((2, length))[1] > 3).astype("int32")}
    return {name: np.pad(value, ((0, 0), (0, padding))) for name, value in batch.items()}


def states(model, batch):
    return ops.convert_to_numpy(ops.cast(model(batch)["hidden_states"], "float32"))


@pytest.mark.parametrize("name", OPTIONS)
def test_padding_changes_nothing_compiled_or_not(build, name):
    model = build(name)
    plain = states(model, rows(20))
    np.testing.assert_allclose(states(model, rows(20, padding=5))[:, :20], plain, atol=2e-5)
    model.compile(jit_compile=True)
    np.testing.assert_allclose(model.predict_on_batch(rows(20))["hidden_states"], plain, atol=2e-5)


@pytest.mark.parametrize("name", SEEING)
def test_the_future_is_unseen(build, name):
    batch, changed = rows(20), rows(20)
    changed["token_ids"][:, 17] = 39 - changed["token_ids"][:, 17] % 39
    before, after = (states(build(name, "causal"), each) for each in (batch, changed))
    np.testing.assert_allclose(after[:, :17], before[:, :17], atol=1e-6)
    assert np.abs(after - before)[:, 17:].max() > 1e-4


@pytest.mark.parametrize("name, dtype", list(zip(OPTIONS, ["mixed_float16", "mixed_bfloat16"] * 3, strict=True)))
def test_half_precision_is_finite(name, dtype):
    half = build_transformer_model({**CONFIG, "num_hidden_layers": 1}, dtype=dtype, **OPTIONS[name])
    output = half(rows(8, padding=3))["hidden_states"]
    assert keras.backend.standardize_dtype(output.dtype) == dtype.removeprefix("mixed_")
    assert np.isfinite(ops.convert_to_numpy(ops.cast(output, "float32"))).all()


@pytest.mark.parametrize("name", OPTIONS)
def test_every_weight_learns(build, name):
    model = build(name)
    model.compile(keras.optimizers.SGD(0.1), loss={"hidden_states": "mse"}, jit_compile=keras.backend.backend() == "jax")
    before = [ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    target = np.random.default_rng(0).normal(size=(2, 8, 16)).astype("float32")
    model.train_on_batch(rows(8), {"hidden_states": target})
    for weight, value in zip(model.trainable_weights, before, strict=True):
        if not weight.path.endswith("key/bias") or name == "linear":    # adds the same to all scores of a row
            assert np.abs(ops.convert_to_numpy(weight) - value).max() > 0, weight.path


def test_fused_models_equal_plain_ones():
    plain, fused = (build_transformer_model(CONFIG, model="roformer", mask="prefix", fused_attention=f) for f in (False, True))
    fused.set_weights(plain.get_weights())
    np.testing.assert_allclose(states(fused, rows(9, 3)), states(plain, rows(9, 3)), atol=1e-5)


def test_pre_norm_has_bert4keras_names_and_a_last_norm():
    model = build_transformer_model(CONFIG, norm_placement="pre")
    names = [layer.name for layer in model.layers]
    assert names[-1] == "Output-Norm"
    start = names.index("Transformer-1-MultiHeadSelfAttention-Norm")
    block = [f"Transformer-1-MultiHeadSelfAttention{step}" for step in ("-Norm", "", "-Dropout", "-Add")]
    assert names[start : start + 4] == block


def test_a_closed_gate_is_the_identity():
    model = build_transformer_model(CONFIG, norm_placement="pre", residual_scale="rezero")
    ends = [model.get_layer(name).output for name in ("Embedding-Dropout", "Transformer-1-FeedForward-Add")]
    before, after = keras.Model(model.input, ends)(rows(8))
    np.testing.assert_array_equal(before, after)


def stream(x, branches, **options):
    """The stream after branches that do not depend on it, none of them dropped."""
    config = Config.from_dict({**CONFIG, **options})
    for index, branch in enumerate(branches):
        x = residual.add_branch(x, ops.convert_to_tensor(branch), f"Branch-{index}", config, Style(1e-12))
    return ops.convert_to_numpy(x)


def test_post_norm_forgets_and_pre_norm_adds():
    normal = np.random.default_rng(0).normal(size=(26, 8, 768)).astype("float32")
    normal -= normal.mean(-1, keepdims=True)
    normal /= normal.std(-1, keepdims=True)
    x, direction, branches = normal[0], 0.1 * normal[1], normal[2:]
    moved = stream(x + direction, branches) - stream(x, branches)
    weight = (moved * direction).sum() / (direction**2).sum()
    assert weight == pytest.approx(2.44e-4, rel=0.1)                    # 2^-12 after 24 branches
    assert stream(x, branches, norm_placement="pre").var() == pytest.approx(25, rel=0.05)


@pytest.mark.parametrize(
    "kind, factor, gain", [("deepnorm_sgd", 2.2134, 0.45180), ("deepnorm_adam", 4.8990, 0.20412), ("deepnorm_lamb", 1, 0.20412)]
)
def test_deepnorm_of_twelve_layers(kind, factor, gain):
    config = Config.from_dict({**CONFIG, "num_hidden_layers": 12, "residual_scale": kind})
    assert deepnorm(config) == pytest.approx((factor, gain), rel=1e-4)
    model = build_transformer_model({**CONFIG, "hidden_size": 64, "intermediate_size": 128}, residual_scale=kind)
    attention, feed_forward = (model.get_layer(f"Transformer-0-{part}") for part in ("MultiHeadSelfAttention", "FeedForward"))
    gain = deepnorm(Config.from_dict({**CONFIG, "residual_scale": kind}))[1]
    for dense in (attention.value_dense, attention.output_dense, feed_forward.inner, feed_forward.outer):
        assert ops.convert_to_numpy(dense.kernel).std() == pytest.approx(0.3 * 0.8796 * gain, rel=0.1)
    assert ops.convert_to_numpy(attention.query_dense.kernel).std() == pytest.approx(0.3 * 0.8796, rel=0.1)
    assert ("Transformer-0-FeedForward-Scale" in [layer.name for layer in model.layers]) == (kind != "deepnorm_lamb")


def test_roformer_v2_begins_smaller_with_depth():
    config = Config.from_dict({**CONFIG, "hidden_size": 768, "num_hidden_layers": 12, "initializer": "roformer_v2"})
    assert kernel(config).deviation((768, 768)) == pytest.approx(0.010417, abs=1e-6)
    assert table_range(config) == pytest.approx(0.011842, abs=1e-6)
    values = ops.convert_to_numpy(kernel(config)((768, 768)))
    assert values.std() == pytest.approx(0.010417, rel=0.01) and np.abs(values).max() <= 2 * 0.011842 + 1e-6


@pytest.mark.parametrize("initializer", ["lecun", "geometric", "quadratic", "roformer_v2"])
def test_kernels_begin_as_asked(initializer):
    config = {**CONFIG, "hidden_size": 64, "intermediate_size": 256, "initializer_range": 0.02, "initializer": initializer}
    model = build_transformer_model(config)
    expected = kernel(Config.from_dict(config))
    first = []
    for index in (0, 1):
        dense = model.get_layer(f"Transformer-{index}-FeedForward").inner
        first.append(ops.convert_to_numpy(dense.kernel))
        assert first[-1].std() == pytest.approx(expected.deviation((64, 256)), rel=0.05)
    assert np.abs(first[0] - first[1]).max() > 0.01                     # no two drawn from one seed
    table = ops.convert_to_numpy(model.get_layer("Embedding-Token").embeddings)
    assert table.std() == pytest.approx((128**-0.5) if initializer == "roformer_v2" else 0.0176, rel=0.1)
