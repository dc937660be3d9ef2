"""A saved state gives back every variable and the position, or is refused."""

import numpy as np
import pytest
import tiny
from keras import ops

from baselines.errors import InputError
from baselines.training.state import Position, load_state, read_position, save_state

pytestmark = pytest.mark.keras


def test_going_on_from_a_saved_state_equals_going_on(tmp_path):
    built = tiny.model(dropout=0.2)
    steps = tiny.steps(built)
    for seed in range(3):
        steps.train([tiny.batch(seed=seed)])
    steps.sync()
    path = tmp_path / "last" / "state.safetensors"
    save_state(path, built, steps.optimizer, Position(epoch=1, update=2, losses=[0.1, 1 / 3], best=0.5))
    steps.train([tiny.batch(seed=9)])
    steps.sync()

    other = tiny.model(dropout=0.2, seed=5)
    resumed = tiny.steps(other)
    position = load_state(path, other, resumed.optimizer)
    resumed.reset()
    assert position == Position(epoch=1, update=2, losses=[0.1, 1 / 3], best=0.5)
    resumed.train([tiny.batch(seed=9)])
    resumed.sync()
    for first, second in zip(built.variables, other.variables, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(first), ops.convert_to_numpy(second), err_msg=first.path)


def test_missing_damaged_and_foreign_states_are_refused(tmp_path):
    path = tmp_path / "state.safetensors"
    with pytest.raises(InputError, match="Nothing is there"):
        read_position(path)
    built = tiny.model()
    optimizer = tiny.steps(built).optimizer
    save_state(path, built, optimizer, Position())
    whole = path.read_bytes()
    with pytest.raises(InputError, match="These differ"):
        load_state(path, tiny.model(num_hidden_layers=2), optimizer)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        read_position(path)
