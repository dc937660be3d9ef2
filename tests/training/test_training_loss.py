"""A loss to train by beside the one to score by; EMO on a model whose logits score the tokens of its vocabulary."""

import keras
import numpy as np
import pytest
import tiny

from baselines import losses
from baselines.losses.cross_entropy import cross_entropy
from baselines.losses.token_mean import TokenMean
from baselines.models.builder import build_transformer_model
from baselines.task import Recipe
from baselines.task_models.loading import weight_of
from baselines.training import optimizers
from baselines.training.steps import Steps, to_float

pytestmark = pytest.mark.keras


def steps_of(model, loss, training_loss):
    optimizer = optimizers.build_optimizer(Recipe(), 1e-2, model.trainable_variables)
    return Steps(model, loss, optimizer, jit=False, training_loss=training_loss)


def test_updates_follow_one_loss_and_rows_are_scored_by_the_other():
    model, batch = tiny.model(), tiny.batch()
    steps = steps_of(model, cross_entropy, losses.build_training_loss("gamma_ce", {"gamma_ce.gamma": 1}, cross_entropy))
    outputs, totals, _ = steps.evaluate(batch)
    logits = outputs["logits"].astype(np.float64)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    right = chances[np.arange(4), batch["targets"]]
    np.testing.assert_allclose(totals, -np.log(right), rtol=1e-4)
    assert to_float(steps.train([batch])["loss"]) == pytest.approx((1 - right).mean(), rel=1e-4)


def test_emo_learns_tokens_with_the_embeddings_of_the_start():
    keras.utils.set_random_seed(1)
    encoder = build_transformer_model({**tiny.CONFIG, "hidden_dropout_prob": 0.0}, with_mlm="linear")
    model = keras.Model(encoder.input, {"logits": encoder.output["mlm"]})
    batch = tiny.batch()
    tokens = batch["features"]["token_ids"]
    batch["targets"] = np.where(tokens == 0, -1, tokens).astype("int32")
    table = weight_of(model, "Embedding-Token/embeddings")
    assert table.shape == (30, 16)
    before = table.copy()
    steps = steps_of(model, TokenMean(), losses.build_training_loss("emo", {}, TokenMean(), table))
    outputs, totals, counts = steps.evaluate(batch)
    assert outputs["logits"].shape == (4, 8, 30)
    np.testing.assert_array_equal(counts, [4, 8, 4, 8])
    trained = [to_float(steps.train([batch])["loss"]) for _ in range(6)]
    assert trained[0] <= totals.sum() / counts.sum() + 1e-4             # half of CE + w EMO, w EMO at most CE
    assert trained[-1] < 0.9 * trained[0]
    steps.sync()
    assert np.abs(weight_of(model, "Embedding-Token/embeddings") - before).max() > 1e-3
    np.testing.assert_array_equal(table, before)
