"""The formula for an update's memory against what XLA allots, and what recomputation saves there."""

import keras
import pytest
import tiny

from baselines.models.config import Config
from baselines.training.memory_estimate import Plan, Setup, update_memory
from baselines.training.optimizers.adamw import AdamW

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX reports what its compiler allots"),
]
SIZES = {
    "num_hidden_layers": 4, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 256, "max_position_embeddings": 64,
}  # fmt: skip
ROWS, LENGTH = 32, 64
FACTOR = 1.5
"""How far the formula may be off, either way."""


def compiled(recompute):
    """(temporary bytes, bytes of the arguments) of the update that training runs."""
    steps = tiny.steps(tiny.model(0.1, **SIZES), recompute=recompute)
    found = steps._update.lower(tiny.batch(ROWS, LENGTH)).compile().memory_analysis()
    return found.temp_size_in_bytes, found.argument_size_in_bytes


def test_the_formula_is_near_what_is_compiled_and_recomputation_saves():
    config = Config.from_dict({**tiny.CONFIG, **SIZES})
    temporary = {}
    for recompute in (False, True):
        temporary[recompute], resident = compiled(recompute)
        expected = update_memory(Setup(config, LENGTH, AdamW()), Plan(ROWS, recompute=recompute))
        assert expected.weights + expected.optimizer == pytest.approx(resident, rel=0.05)
        ratio = (expected.gradients + expected.activations) / temporary[recompute]
        assert 1 / FACTOR < ratio < FACTOR, (recompute, ratio)
    assert temporary[True] < 0.6 * temporary[False]
