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
    with pytest.raises(InputError, match=r"index.json: model-00002-of-00006.safetensors is not beside it \(1 missing\)"):
        safetensors_file.read(tmp_path)


def test_a_tensor_that_is_not_in_its_shard(tmp_path):
    index, weight_map = shards(tmp_path)
    index.write_text(json.dumps({"weight_map": weight_map | {"a.bias": weight_map["a.weight"]}}))
    with pytest.raises(InputError, match=r"a.bias is not in model-00001-of-00006.safetensors \(1 such names\)"):
        safetensors_file.read(tmp_path)


@pytest.mark.parametrize("text, message", [
    ("", "not JSON"),
    ("[]", "expected a JSON object, but got list"),
    ("{}", '"weight_map" is not an object'),
    ('{"weight_map": 3}', '"weight_map" is not an object'),
    ('{"weight_map": {"a": 3}}', '"weight_map" is not an object'),
    ('{"weight_map": {"a":', "not JSON"),
    ('{"weight_map":' + "[" * 100_000, "nested too deeply"),
    ('{"weight_map": {"a": "%s"}}' % ("x" * 5000), "is not beside it"),
    ('{"weight_map": {"a": "\\u0000"}}', "is not beside it"),
])  # fmt: skip
def test_a_broken_index(tmp_path, text, message):
    (tmp_path / "model.safetensors.index.json").write_text(text)
    with pytest.raises(InputError, match=f"index.json: .*{message}"):
        safetensors_file.read(tmp_path)


@pytest.mark.parametrize("file", ["../other/model.safetensors", "/{}/other/model.safetensors", "a/../../other/x", ""])
def test_an_index_that_leaves_the_folder_is_refused(tmp_path, file):
    for folder in ("own", "other"):
        (tmp_path / folder).mkdir()
    safetensors_file.write(tmp_path / "other/model.safetensors", tensors())
    index = tmp_path / "own/model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a.bias": file.format(tmp_path)}}))
    with pytest.raises(InputError, match="which is outside of the folder"):
        safetensors_file.read(tmp_path / "own")


def test_a_digest_sees_every_flipped_bit(tmp_path):
    path = tmp_path / "model.safetensors"
    safetensors_file.write(path, tensors(), {"format": "pt"}, digest=True)
    whole = path.read_bytes()
    checkpoint = safetensors_file.read(path)
    for name in checkpoint:
        checkpoint.verify(name)
    for place in range(len(whole) - 150, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with pytest.raises(InputError, match="model.safetensors: checksum mismatch"):
            safetensors_file.read(path).verify("scalar")


def test_a_digest_sees_metadata_too(tmp_path):
    path = tmp_path / "state.safetensors"
    safetensors_file.write(path, tensors(), {"position": "17"}, digest=True)
    path.write_bytes(path.read_bytes().replace(b'"position":"17"', b'"position":"16"'))
    with pytest.raises(InputError, match="checksum mismatch"):
        safetensors_file.read(path).verify("scalar")


def test_files_of_others_have_no_digest(tmp_path):
    path = tmp_path / "model.safetensors"
    safetensors_file.write(path, tensors())
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    safetensors_file.read(path).verify("scalar")


@pytest.mark.parametrize("prefix", ["module.", "module.module.", "_orig_mod.module."])
def test_the_prefix_of_a_wrapped_model_is_left_out_with_a_note(tmp_path, prefix):
    safetensors_file.write(tmp_path / "model.safetensors", {prefix + name: array for name, array in tensors().items()})
    checkpoint = safetensors_file.read(tmp_path)
    assert_same(tensors(), checkpoint)
    assert checkpoint.notes == (f"{tmp_path / 'model.safetensors'}: every name begins with {prefix}, which is left out.",)


def test_a_prefix_that_only_some_names_have_is_part_of_the_name(tmp_path):
    safetensors_file.write(tmp_path / "model.safetensors", {"module.a": np.ones(2), "b": np.ones(2)})
    assert sorted(safetensors_file.read(tmp_path)) == ["b", "module.a"] and safetensors_file.read(tmp_path).notes == ()


@pytest.mark.parametrize("size", [0, 7, 8, 100, -1])
def test_a_truncated_file(tmp_path, size):
    path = tmp_path / "model.safetensors"
    safetensors_file.write(path, tensors())
    os.truncate(path, size % path.stat().st_size)
    with pytest.raises(InputError, match=rf"model.safetensors: truncated, .* It has {path.stat().st_size} bytes"):
        safetensors_file.read(path)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no such file. Give a .safetensors file, or a folder with model.safetensors"):
        safetensors_file.read(tmp_path / "absent.safetensors")


def test_equal_files_are_equal_bytes(tmp_path):
    metadata = {"format": "pt", "名": "值\"", "sha256": "0", "files": "{}"}
    for number in range(8):
        safetensors_file.write(tmp_path / str(number), {"a": np.arange(3.0), "b": np.ones((2, 2), np.int32)}, metadata)
    assert len({(tmp_path / str(number)).read_bytes() for number in range(8)}) == 1
    assert safetensors_file.read(tmp_path / "0")["a"].tolist() == [0, 1, 2]
    with safetensors.safe_open(tmp_path / "0", "numpy") as file:
        assert file.metadata() == metadata
