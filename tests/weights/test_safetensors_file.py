"""One file, several files with an index, and what is refused."""

import json
import os

import ml_dtypes
import numpy as np
import pytest
import safetensors

from baselines.errors import InputError
from baselines.weights import safetensors_file


def tensors():
    random = np.random.default_rng(0)
    return {
        "a.weight": random.normal(size=(5, 4)).astype(np.float32),
        "a.bias": random.normal(size=5).astype(np.float16),
        "b.weight": random.normal(size=(2, 2)).astype(ml_dtypes.bfloat16),
        "transposed": random.normal(size=(3, 4)).astype(np.float32).T,
        "position_ids": np.arange(6)[None],
        "scalar": np.float32(2.5),
    }


def assert_same(expected, received):
    assert sorted(expected) == sorted(received)
    for name, array in expected.items():
        array = np.asarray(array)
        assert (received.dtype(name), received.shape(name)) == (array.dtype, array.shape), name
        assert received[name].dtype == array.dtype
        np.testing.assert_array_equal(received[name], array, err_msg=name)


def test_round_trip(tmp_path):
    path = tmp_path / "model.safetensors"
    safetensors_file.write(path, tensors(), metadata={"format": "pt"})
    assert_same(tensors(), safetensors_file.read(path))
    assert_same(tensors(), safetensors_file.read(tmp_path))
    assert safetensors.safe_open(path, "np").metadata() == {"format": "pt"}
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]


def shards(folder):
    weight_map = {}
    for number, name in enumerate(tensors(), start=1):
        file = f"model-{number:05d}-of-00006.safetensors"
        safetensors_file.write(folder / file, {name: tensors()[name]})
        weight_map[name] = file
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))
    return index, weight_map


def test_others_may_read_it_as_any_file(tmp_path):
    (tmp_path / "other").touch()
    safetensors_file.write(tmp_path / "model.safetensors", {"a": np.ones(2)})
    assert (tmp_path / "model.safetensors").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_shards(tmp_path):
    index, _ = shards(tmp_path)
    assert_same(tensors(), safetensors_file.read(tmp_path))
    assert_same(tensors(), safetensors_file.read(index))


def test_a_missing_shard(tmp_path):
    shards(tmp_path)
    (tmp_path / "model-00002-of-00006.safetensors").unlink()
    with pytest.raises(InputError, match=r"index.json: expected model-00002-of-00006.safetensors beside it"):
        safetensors_file.read(tmp_path)


def test_a_tensor_that_is_not_in_its_shard(tmp_path):
    index, weight_map = shards(tmp_path)
    index.write_text(json.dumps({"weight_map": weight_map | {"a.bias": weight_map["a.weight"]}}))
    with pytest.raises(InputError, match=r"expected a.bias in model-00001-of-00006.safetensors. It is not there"):
        safetensors_file.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": 3}', '{"weight_map": {"a":'])
def test_a_broken_index(tmp_path, text):
    (tmp_path / "model.safetensors.index.json").write_text(text)
    with pytest.raises(InputError, match=r"index.json: expected .*weight_map"):
        safetensors_file.read(tmp_path)


@pytest.mark.parametrize("size", [0, 7, 8, 100, -1])
def test_a_truncated_file(tmp_path, size):
    path = tmp_path / "model.safetensors"
    safetensors_file.write(path, tensors())
    os.truncate(path, size % path.stat().st_size)
    with pytest.raises(InputError, match=rf"model.safetensors: truncated, .* Received {path.stat().st_size} bytes"):
        safetensors_file.read(path)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no such file. Expected a file or a folder with model.safetensors"):
        safetensors_file.read(tmp_path / "absent.safetensors")
