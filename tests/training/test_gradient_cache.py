"""Rows of several micro-batches compared with each other: the gradients are those of the one large batch, dropout included."""

import keras
import numpy as np
import pytest
import tiny
from keras import ops

from baselines.errors import InputError
from baselines.heads.embedding import EmbeddingHead
from baselines.losses.contrastive import ContrastiveLoss
from baselines.losses.in_batch_similarity import InBatchSimilarity
from baselines.losses.masked_and_next import MaskedAndNext
from baselines.losses.token_mean import TokenMean
from baselines.models.builder import build_transformer_model
from baselines.task import Recipe
from baselines.training import backends, gradient_cache, optimizers
from baselines.training.objective import Objective
from baselines.training.steps import Steps, to_float
from baselines.training.strategy_context import ForwardBackward

pytestmark = pytest.mark.keras

LOSS = ContrastiveLoss(InBatchSimilarity(5.0), TokenMean(), 1.5, 0.5)


def model(dropout):
    keras.utils.set_random_seed(1)
    rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": 0.0}
    head = EmbeddingHead()
    return head(build_transformer_model({**tiny.CONFIG, **rates}, **head.encoder_options))


def batch(rows=8, length=8, seed=0):
    """Pairs, the last two rows filling up; targets are the second half of each row."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(5, 30, (rows, length)).astype("int32")
    segments = np.zeros_like(ids)
    segments[:, length // 2 :] = 1
    following = np.full_like(ids, -1)
    following[:, length // 2 - 1 : -1] = ids[:, length // 2 :]
    following[1, length // 2 :] = -1                                    # rows differ in how much they write
    weights = np.ones(rows, "float32")
    weights[-2:] = 0
    partner = np.where(np.arange(rows) % 2, -1, 1).astype("int32")
    targets = {"partner": partner, "text": np.arange(rows, dtype="int32"), "next": following}
    return {"features": {"token_ids": ids, "segment_ids": segments}, "targets": targets, "weights": weights}


def parts(whole, *sizes):
    borders = np.cumsum([0, *sizes])
    return [tiny.rows_of(whole, np.arange(start, end)) for start, end in zip(borders, borders[1:], strict=False)]


def start_of(built, objective):
    return [weight.numpy() for weight in built.trainable_variables], [ops.copy(v.value) for v in objective.state]


def of_cache(built, batches):
    """(loss, gradients) of an update whose micro-batches have a cache."""
    objective = Objective(built, LOSS, gradient_cache=True)
    values, state = start_of(built, objective)
    cached = gradient_cache.with_cache(
        batches, lambda state, batch: objective.cache.look(values, state, batch), objective.cache.compare, state
    )
    loss, total, sums = 0, 0, None
    for each in cached:
        found, weight, gradients, state = objective.gradients(values, state, each, lambda loss: loss)
        loss, total = loss + found * weight, total + weight
        found = [gradient * weight for gradient in gradients]
        sums = found if sums is None else [one + other for one, other in zip(sums, found, strict=True)]
    return float(loss / total), [ops.convert_to_numpy(each / total) for each in sums]


def at_once(built, batches):
    """The same by one differentiation of the loss of all rows, which go forward in the same micro-batches: the same dropout."""
    objective = Objective(built, LOSS)
    values, state = start_of(built, objective)
    joined = {
        "targets": {name: np.concatenate([b["targets"][name] for b in batches]) for name in batches[0]["targets"]},
        "weights": np.concatenate([b["weights"] for b in batches]),
    }

    def loss(values):
        current, outputs = state, []
        for each in batches:
            passes = ForwardBackward(objective, current, each)
            outputs.append(passes.forward(objective.named(values), each["features"], training=True)[0])
            current = passes.state
        together = {name: ops.concatenate([found[name] for found in outputs]) for name in outputs[0]}
        value, _ = objective.mean_loss(joined, together)
        return value, value

    (_, value), gradients = backends.current().value_and_gradients(loss, values)
    return float(value), [ops.convert_to_numpy(gradient) for gradient in gradients]


def require_equal(found, wanted):
    """To 1e-6 of the largest number: float32 has 7 digits, and these gradients reach 20."""
    largest = max(np.abs(each).max() for each in wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * max(1, largest))


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_gradients_are_those_of_all_rows_at_once(dropout):
    built, batches = model(dropout), parts(batch(), 2, 4, 2)
    loss, gradients = of_cache(built, batches)
    expected, wanted = at_once(built, batches)
    assert loss == pytest.approx(expected, abs=1e-6)
    require_equal(gradients, wanted)
    if not dropout:
        whole, direct = at_once(built, [batch()])
        assert loss == pytest.approx(whole, abs=1e-6)
        require_equal(gradients, direct)


def trained(dropout, batches, cache, jit=False, precision="fp32"):
    built = model(dropout)
    recipe = Recipe(optimizer="sgd", learning_rate=0.01, weight_decay=0.0, precision=precision)
    optimizer = optimizers.build_optimizer(recipe, 0.01, built.trainable_variables)
    if precision == "fp16":
        optimizer.dynamic_scale.assign(2.0**8)                          # 2 ** 15, the initial one, is for smaller gradients
    steps = Steps(built, LOSS, optimizer, jit=jit, gradient_cache=cache)
    logs = [{name: to_float(value) for name, value in steps.train(batches).items()} for _ in range(2)]
    steps.sync()
    return logs, [weight.numpy() for weight in built.trainable_variables]


def test_compiled_updates_equal_those_of_the_large_batch():
    cached, weights = trained(0.0, parts(batch(), 4, 4), cache=True)
    whole, wanted = trained(0.0, [batch()], cache=False)
    for one, other in zip(cached, whole, strict=True):
        assert one == pytest.approx(other, rel=2e-6)
    require_equal(weights, wanted)
    plain, _ = trained(0.0, parts(batch(), 4, 4), cache=False)
    assert abs(plain[0]["loss"] - whole[0]["loss"]) > 1e-2              # fewer negatives without it


@pytest.mark.parametrize(("precision", "policy"), [("bf16", "mixed_bfloat16"), ("fp16", "mixed_float16")])
def test_mixed_precision_rounds_the_same_way_with_it(precision, policy):
    exact, _ = trained(0.0, [batch()], cache=False)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        cached, weights = trained(0.0, parts(batch(), 4, 4), cache=True, precision=precision)
        whole, wanted = trained(0.0, [batch()], cache=False, precision=precision)
    finally:
        keras.config.set_dtype_policy(before)
    for one, other, float32 in zip(cached, whole, exact, strict=True):
        assert one == pytest.approx(other, rel=1e-2)
        assert one["loss"] == pytest.approx(float32["loss"], abs=0.05)
    for one, other in zip(weights, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=5e-3)        # without it 0.16 apart; machines round differently


@pytest.mark.parametrize("recipe, loss, message", [
    ({"accumulate": 1}, LOSS, "an update has only 1 micro-batch. Set --accumulate to 2 or more."),
    ({"accumulate": 2}, TokenMean(), "does not compare the rows of a batch"),
    ({"accumulate": 2}, MaskedAndNext(), "does not compare the rows of a batch"),
    ({"accumulate": 2, "strategies": ("fgm",)}, LOSS, "--strategies fgm changes the loss or the gradients of a micro-batch"),
    ({"accumulate": 2, "strategies": ("ema", "r_drop")}, LOSS, "--strategies r_drop changes the loss"),
])  # fmt: skip
def test_runs_that_have_no_use_for_it(recipe, loss, message):
    with pytest.raises(InputError, match="--gradient_cache: ") as raised:
        gradient_cache.check_gradient_cache(Recipe(gradient_cache=True, **recipe), loss)
    assert message in str(raised.value)
    gradient_cache.check_gradient_cache(Recipe(gradient_cache=True, accumulate=2, strategies=("ema",)), LOSS)
