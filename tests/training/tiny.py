"""A classifier small enough to step in milliseconds, and batches for it: shared by the tests of this folder."""

import functools

import keras
import numpy as np

from baselines.heads.classification import ClassificationHead
from baselines.losses.cross_entropy import cross_entropy
from baselines.models.builder import build_transformer_model
from baselines.task import Recipe
from baselines.training import optimizers
from baselines.training.schedule import WarmupSchedule
from baselines.training.steps import Steps

CONFIG = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 16,
}


def model(dropout=0.0, seed=0, **options):
    """Encoder and head for 3 classes; the weights are NumPy's, so that they are the same on every backend."""
    keras.utils.set_random_seed(seed)
    rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    built = ClassificationHead(3)(build_transformer_model({**CONFIG, **rates}, **options))
    rng = np.random.default_rng(seed)
    for weight in built.trainable_variables:
        noise = rng.normal(0, 0.1, weight.shape).astype("float32")
        weight.assign(1 + noise if weight.path.endswith("gamma") else noise)
    return built


def batch(rows=4, length=8, seed=0):
    """Random tokens, the later half of every other row padded; tokens repeat, so embedding gradients add up."""
    rng = np.random.default_rng(seed)
    token_ids = rng.integers(1, 12, (rows, length)).astype("int32")
    token_ids[::2, length // 2 :] = 0
    features = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}
    targets = rng.integers(0, 3, rows).astype("int32")
    return {"features": features, "targets": targets, "weights": np.ones(rows, "float32")}


def rows_of(whole, numbers):
    """The batch of some rows of another one."""
    return keras.tree.map_structure(lambda array: array[numbers], whole)


def steps(built, strategies=(), jit=False, divergence=None, full_pass=None, **changes):
    recipe = Recipe(**{"learning_rate": 1e-2, **changes})
    schedule = WarmupSchedule(recipe.learning_rate, 2, 30)
    optimizer = optimizers.build_optimizer(recipe, schedule, built.trainable_variables)
    return Steps(
        built, cross_entropy, optimizer, strategies, jit, recipe.clip_norm, recipe.clip, divergence, full_pass,
        recompute=recipe.recompute,
    )  # fmt: skip


@functools.cache
def _compiled(dropout, changes):
    built = model(dropout)
    made = steps(built, **dict(changes))
    variables = [*built.variables, *made.optimizer.variables]
    return built, made, [(variable, np.array(keras.ops.convert_to_numpy(variable))) for variable in variables]


def again(dropout=0.0, **changes):
    """(model, steps) at their start, as new ones would be. Those of the same arguments are compiled once for all tests."""
    built, made, start = _compiled(dropout, tuple(sorted(changes.items())))
    for variable, value in start:
        variable.assign(value)
    made.reset()
    return built, made


def weights(built):
    return {variable.path: keras.ops.convert_to_numpy(variable) for variable in built.trainable_variables}
