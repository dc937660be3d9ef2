"""A saved state gives back every variable and the position, or is refused."""

import numpy as np
import pytest
import tiny
from keras import ops
from safetensors import safe_open
from safetensors.numpy import save_file

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
    with pytest.raises(InputError, match="no saved state to resume from"):
        read_position(path)
    built = tiny.model()
    optimizer = tiny.steps(built).optimizer
    save_state(path, built, optimizer, Position())
    whole = path.read_bytes()
    with pytest.raises(InputError, match="belongs to another model"):
        load_state(path, tiny.model(num_hidden_layers=2), optimizer)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        read_position(path)


def test_a_flipped_bit_is_seen_and_states_without_a_digest_are_read(tmp_path):
    path, built = tmp_path / "state.safetensors", tiny.model()
    optimizer = tiny.steps(built).optimizer
    save_state(path, built, optimizer, Position(updates=17))
    whole = path.read_bytes()
    for damaged in (whole[:-1] + bytes([whole[-1] ^ 1]), whole.replace(b'updates\\": 17', b'updates\\": 16')):
        assert damaged != whole
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="state.safetensors: checksum mismatch"):
            load_state(path, built, optimizer)
    path.write_bytes(whole)
    with safe_open(path, "np") as file:
        tensors, metadata = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
    save_file(tensors, path, {"position": metadata["position"]})
    assert load_state(path, built, optimizer).updates == 17
