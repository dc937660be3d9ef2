"""Recomputation: the same numbers as without, two runs of each block, less stored."""

import collections
import contextlib

import keras
import numpy as np
import pytest
import tiny
from keras import ops

from baselines.heads.choice import ChoiceHead
from baselines.heads.entity_pointer import EntityPointerHead
from baselines.heads.language_model import LanguageModelHead
from baselines.layers.feed_forward import FeedForward
from baselines.losses.cross_entropy import cross_entropy
from baselines.losses.token_mean import TokenMean
from baselines.models.builder import build_transformer_model
from baselines.training import backends
from baselines.training.objective import Objective
from baselines.training.recompute import Recompute, plan
from baselines.training.state import Position, load_state, save_state
from baselines.training.steps import Steps, to_float
from baselines.training.strategies.fgm import Fgm
from baselines.training.strategies.gradient_penalty import GradientPenalty

pytestmark = pytest.mark.keras
BACKEND = backends.current()
TWO = {"num_hidden_layers": 2}


def descent(built, recompute, jit=False):
    """Steps by plain descent: Adam's first ones are signs of gradients, which rounding turns over where they are almost 0."""
    return Steps(built, cross_entropy, keras.optimizers.SGD(0.1), jit=jit, recompute=recompute)


@contextlib.contextmanager
def counted_blocks():
    """Counts how often each feed-forward layer is run, or traced: {name: times}."""
    runs, call = collections.Counter(), FeedForward.call

    def counting(layer, x):
        runs[layer.name] += 1
        return call(layer, x)

    FeedForward.call = counting
    try:
        yield runs
    finally:
        FeedForward.call = call


WAYS = {"by XLA": (1, True), "accumulated": (2, False)}
if keras.backend.backend() == "jax":                                    # it always takes XLA, three programs for micro-batches
    del WAYS["accumulated"]


@pytest.mark.parametrize(("accumulate", "jit"), WAYS.values(), ids=WAYS)
def test_losses_and_weights_are_those_without(accumulate, jit):
    batches = [tiny.batch(seed=seed) for seed in range(2 * accumulate)]
    updates = [batches[:accumulate], batches[accumulate:]]
    found = []
    for recompute in (False, True):
        built = tiny.model(0.3, **TWO)
        start = tiny.weights(built)
        steps = descent(built, recompute, jit)
        losses = [to_float(steps.train(micro_batches)["loss"]) for micro_batches in updates]
        steps.sync()
        found.append((losses, tiny.weights(built)))
    (losses, stored), (again, computed) = found
    np.testing.assert_allclose(losses, again, atol=1e-6, rtol=0)
    for path, value in stored.items():
        np.testing.assert_allclose(value, computed[path], atol=1e-6, rtol=0, err_msg=path)
    assert any(np.abs(stored[path] - start[path]).max() > 1e-2 for path in stored)


def gradients(built, batch, recompute, strategies=(), loss=cross_entropy):
    """(loss, [gradient], [state]) of an Objective, not compiled."""
    keras.utils.set_random_seed(0)                                      # of the strategies
    objective = Objective(built, loss, strategies, recompute=recompute)
    values, state = ([ops.convert_to_tensor(v.numpy()) for v in group] for group in (objective.weights, objective.state))
    loss, _, found, state = objective.gradients(values, state, batch, lambda loss: loss)
    return keras.tree.map_structure(ops.convert_to_numpy, (loss, found, state))


def assert_equal_gradients(built, batch, strategies=(), tolerance=1e-6, loss=cross_entropy):
    stored, computed = (gradients(built, batch, recompute, strategies, loss) for recompute in (False, True))
    for one, other in zip(keras.tree.flatten(stored), keras.tree.flatten(computed), strict=True):
        np.testing.assert_allclose(one, other, atol=tolerance, rtol=1e-5)


@pytest.mark.parametrize("strategies", [(), (Fgm(),), (GradientPenalty(),)], ids=["none", "fgm", "gradient_penalty"])
def test_strategies_have_the_same_gradients(strategies):
    """Those of the last one are second derivatives."""
    if strategies == (GradientPenalty(),) and keras.backend.backend() == "torch":
        pytest.skip("no second derivatives through its checkpoints")
    assert_equal_gradients(tiny.model(0.0 if strategies == () else 0.3, **TWO), tiny.batch(), strategies)


@pytest.mark.parametrize(
    "options",
    [{"mask": "causal"}, {"mask": "prefix"}, {"model": "nezha"}, {"model": "roformer", "norm_placement": "pre"},
     {"residual_attention_scores": True}, {"residual_scale": "rezero"}, {"model": "albert"}, {"model": "gau_alpha"},
     {"model": "deberta_v2", "relative_attention": True, "pos_att_type": "c2p|p2c", "conv_kernel_size": 3},
     {"model": "modernbert", "local_attention": 4, "num_hidden_layers": 3}],
    ids=lambda options: " ".join(map(str, options.values())),
)  # fmt: skip
def test_every_kind_of_model_has_the_same_gradients(options):
    assert_equal_gradients(tiny.model(0.3, **(TWO | options)), tiny.batch())


def test_an_encoder_and_its_decoder_are_cut_behind_each_branch_and_have_the_same_gradients():
    head = LanguageModelHead().with_encoder((0,), 0)
    built = head(build_transformer_model({**tiny.CONFIG, **TWO, "hidden_dropout_prob": 0.3}, model="t5", **head.encoder_options))
    segments = [(segment.name, len(segment.outputs)) for segment in plan(built) if segment.name]
    encoder = [(f"Encoder-Transformer-{index}-", outputs) for index in range(2) for outputs in (1, 2, 1)]
    decoder = [(f"Decoder-Transformer-{index}-", outputs) for index in range(2) for outputs in (1, 2, 2, 1)]
    assert segments == encoder + decoder
    features = {"token_ids": np.array([[3, 4, 5, 6]], "int32"), "decoder_token_ids": np.array([[0, 7, 8]], "int32")}
    batch = {"features": features, "targets": np.array([[7, 8, -1]], "int32"), "weights": np.ones(1, "float32")}
    assert_equal_gradients(built, batch, loss=TokenMean())


def test_an_encoder_inside_a_head_is_recomputed_too():
    built = ChoiceHead()(build_transformer_model({**tiny.CONFIG, **TWO}))
    batch = tiny.batch(rows=4)
    features = {name: array.reshape(2, 2, -1) for name, array in batch["features"].items()}
    batch = {"features": features, "targets": np.array([0, 1], "int32"), "weights": np.ones(2, "float32")}
    with counted_blocks() as runs:
        assert_equal_gradients(built, batch)
    assert runs["Transformer-0-FeedForward"] == 1 + 2


def test_frozen_weights_stay():
    built = tiny.model(0.3, **TWO)
    built.get_layer("Transformer-0-FeedForward").trainable = False
    assert_equal_gradients(built, tiny.batch())


def test_each_block_runs_twice_in_an_update_and_once_in_a_prediction():
    batch = tiny.batch()
    steps = descent(tiny.model(0.3, **TWO), recompute=True)
    with counted_blocks() as runs:
        steps.train([batch])
    assert set(runs.values()) == {2}, runs
    with counted_blocks() as runs:
        steps.predict(batch["features"])
    assert set(runs.values()) == {1}, runs


def test_half_precision_follows_that_without():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        stored, computed = (gradients(tiny.model(0.3, **TWO), tiny.batch(), recompute) for recompute in (False, True))
    finally:
        keras.config.set_dtype_policy(before)
    assert computed[0] == pytest.approx(stored[0], abs=1e-2)
    for one, other in zip(stored[1], computed[1], strict=True):
        assert other.dtype == np.float32 and np.isfinite(other).all()
        np.testing.assert_allclose(one, other, atol=0.02 * np.abs(one).max() + 1e-4)


def test_a_state_saved_with_recomputation_is_read_without(tmp_path):
    def run(recompute):
        built = tiny.model(0.3, **TWO)
        return built, tiny.steps(built, recompute=recompute)

    (written, steps), (read, others) = run(True), run(False)
    written.get_layer("Classifier").bias.assign([1.0, 2.0, 3.0])
    save_state(tmp_path / "state", written, steps.optimizer, Position(epoch=3))
    assert load_state(tmp_path / "state", read, others.optimizer).epoch == 3
    np.testing.assert_array_equal(ops.convert_to_numpy(read.get_layer("Classifier").bias), [1, 2, 3])


@pytest.mark.parametrize("options", [{}, {"model": "nezha"}, {"model": "roformer", "norm_placement": "pre"}], ids=str)
def test_a_plan_cuts_each_block_behind_its_branches_and_nowhere_else(options):
    encoder = build_transformer_model({**tiny.CONFIG, "num_hidden_layers": 3}, **options)
    head = EntityPointerHead(2)(encoder)                                # it makes a mask of its own from token_ids
    segments = [segment for segment in plan(head) if segment.name]
    assert [segment.name for segment in segments] == [f"Transformer-{index}-" for index in range(3) for _ in range(3)]
    assert [len(segment.outputs) for segment in segments] == 3 * [1, 2, 1]
    last = [segment.nodes[-1].operation.name.partition("-")[2] for segment in segments[:2]]
    assert last == ["0-MultiHeadSelfAttention", "0-FeedForward"]


def test_a_model_without_blocks_is_refused():
    inputs = {"token_ids": keras.Input((4,), name="token_ids")}
    with pytest.raises(ValueError, match="Transformer-<i>"):
        Recompute(keras.Model(inputs, {"logits": keras.layers.Dense(3)(inputs["token_ids"])}), BACKEND.checkpoint)


def test_the_primitive_on_a_formula():
    """f(x) = sum of tanh(W x): its gradients are (1 - tanh²) xᵀ and Wᵀ (1 - tanh²)."""
    w, x = np.array([[0.5, -1.0], [2.0, 0.1]], "float32"), np.array([0.3, 0.7], "float32")

    def function(values):
        layer = lambda weights, arrays, constants: [ops.tanh(ops.sum(weights[0] * arrays[0], 1)), constants[0] + 1]  # noqa: E731
        y, count = BACKEND.checkpoint(layer, [values[0]], [values[1]], [ops.convert_to_tensor(np.array([4], "uint32"))])
        return ops.sum(y), count

    (_, count), found = BACKEND.value_and_gradients(function, [ops.convert_to_tensor(w), ops.convert_to_tensor(x)])
    inner = 1 - np.tanh(w @ x) ** 2
    np.testing.assert_allclose(ops.convert_to_numpy(found[0]), np.outer(inner, x), rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(found[1]), inner @ w, rtol=1e-5)
    assert ops.convert_to_numpy(count).tolist() == [5]
