"""Optimizers in compiled steps: runs go on exactly, Tiger accumulates in its moment, stages stack."""

import keras
import numpy as np
import pytest
import tiny
from keras import ops

from baselines.task import Recipe
from baselines.training import lazy_embeddings, rate_factors
from baselines.training.state import Position, load_state, save_state
from baselines.training.steps import to_float

pytestmark = pytest.mark.keras
TABLE = "Embedding-Token/embeddings"
NOISE = "key/bias"                                                      # whose gradient is rounding alone: its sign is chance
PLAIN = {"clip_norm": 0.0, "optimizer": "tiger"}


def differences(first, second):
    return {path: np.abs(first[path] - second[path]).max() for path in first if not path.endswith(NOISE)}


def trained(updates, strategies=(), **changes):
    built = tiny.model()
    steps = tiny.steps(built, strategies, **changes)
    logs = [steps.train(batches) for batches in updates]
    steps.sync()
    return built, steps, {name: to_float(value) for name, value in logs[-1].items()}


def test_tiger_accumulates_what_the_whole_batch_teaches():
    whole = [tiny.batch(rows=8, seed=seed) for seed in range(3)]
    parts = [[tiny.rows_of(batch, slice(0, 3)), tiny.rows_of(batch, slice(3, 8))] for batch in whole]
    large, _, at_once = trained([[batch] for batch in whole], **PLAIN)
    small, steps, in_parts = trained(parts, **PLAIN)
    assert max(differences(tiny.weights(large), tiny.weights(small)).values()) < 1e-5
    assert in_parts["loss"] == pytest.approx(at_once["loss"], abs=1e-5)
    assert in_parts["gradient_norm"] >= at_once["gradient_norm"]
    assert int(steps.optimizer.iterations) == 3                         # so schedules count updates


def test_tiger_keeps_one_array_per_weight():
    built, steps, _ = trained([[tiny.batch()] * 3], **PLAIN)
    held = [variable for variable in steps.optimizer.variables if len(variable.shape)]
    assert [variable.shape for variable in held] == [weight.shape for weight in built.trainable_variables]


def test_tiger_in_fp16_leaves_out_a_micro_batch_that_overflows():
    """The loss scale falls; Tiger's own rule for broken gradients is not reached."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        built = tiny.model()
        steps = tiny.steps(built, precision="fp16", **PLAIN)
        steps.optimizer.dynamic_scale.assign(2.0**60)
        steps.reset()
        start = tiny.weights(built)
        steps.train([tiny.batch(), tiny.batch(seed=1)])
        steps.sync()
        assert differences(start, tiny.weights(built)).keys() and not any(differences(start, tiny.weights(built)).values())
        assert to_float(steps.optimizer.dynamic_scale) == 2.0**58
        steps.optimizer.dynamic_scale.assign(2.0**10)
        steps.reset()
        losses = [to_float(steps.train([tiny.batch(), tiny.batch(seed=1)])["loss"]) for _ in range(5)]
        steps.sync()
    finally:
        keras.config.set_dtype_policy(before)
    assert int(steps.optimizer.iterations) == 5 and losses[-1] < losses[0]
    assert all(variable.dtype == "float32" for variable in steps.optimizer.variables if len(variable.shape))


@pytest.mark.parametrize("name", ["adafactor", "adax", "lamb", "tiger"])
def test_going_on_from_a_saved_state_is_exact(name, tmp_path):
    updates = [[tiny.batch(seed=seed)] * (2 if name == "tiger" else 1) for seed in range(4)]
    settings = {"optimizer": name, "lazy_embeddings": True}
    built, steps, _ = trained(updates[:2], **settings)
    save_state(tmp_path / "state.safetensors", built, steps.optimizer, Position(), steps.strategy_state.variables)
    for batches in updates[2:]:
        steps.train(batches)
    steps.sync()
    other = tiny.model(seed=5)
    resumed = tiny.steps(other, **settings)
    load_state(tmp_path / "state.safetensors", other, resumed.optimizer, resumed.strategy_state.variables)
    resumed.reset()
    for batches in updates[2:]:
        resumed.train(batches)
    resumed.sync()
    for first, second in zip(built.variables, other.variables, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(first), ops.convert_to_numpy(second), err_msg=first.path)


def test_rates_and_lazy_rows_in_compiled_steps():
    """Against the same update without stages: the way of each weight times its factor, and rows that rest."""
    recipe = Recipe(rate_factors=("Classifier=3",), layer_decay=0.5, lazy_embeddings=True)
    paths = list(tiny.weights(tiny.model()))
    stages = [*lazy_embeddings.build_lazy_embeddings(recipe, paths), *rate_factors.build_rate_factors(recipe, paths)]
    start = tiny.weights(tiny.model())
    flags = {"optimizer": "adamw", "weight_decay": 0.1}
    plain, found = (tiny.weights(trained([[tiny.batch()]], strategies, **flags)[0]) for strategies in ((), stages))
    tokens = tiny.batch()["features"]["token_ids"]                      # nothing looks at padding: its row has no gradient either
    away = {TABLE: np.setdiff1d(np.arange(30), tokens[tokens > 0]), "Embedding-Segment/embeddings": [1]}
    away["Embedding-Position/embeddings"] = np.arange(tokens.shape[1], 16)
    for path in paths:
        factor = 3 if path.startswith("Classifier") else 0.5 if path.startswith("Embedding") else 1
        expected = start[path] + factor * (plain[path] - start[path])
        rows = np.asarray(away.get(path, []), int)
        assert (plain[path][rows] != start[path][rows]).all()           # decay moves them without the stage
        expected[rows] = start[path][rows]
        np.testing.assert_allclose(found[path], expected, atol=1e-6, err_msg=path)
