"""pytorch_model.bin in both formats, read without torch: values, views, shared storages, nested dicts, several files."""

import json
import shutil
import zipfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import torch_files
from torch_files import Built, Call, Name, Tensor, contiguous

from baselines.errors import InputError
from baselines.weights.checkpoint import describe, open_checkpoint

MINI = Path(__file__).resolve().parents[2] / "checkpoints" / "mini"

NUMBERS = np.arange(24, dtype=np.float32)
ORDERED = Name("collections", "OrderedDict")


@pytest.fixture(params=torch_files.WRITERS)
def saved(request, tmp_path):
    """Writes a value in either format and opens it."""

    def save(value, **options):
        torch_files.WRITERS[request.param](tmp_path / "pytorch_model.bin", value, **options)
        return open_checkpoint(tmp_path)

    return save


@pytest.mark.parametrize("dtype", [*torch_files.STORAGE_TYPES])
def test_every_type(saved, dtype):
    array = np.array([[0, 1, 1], [1, 0, 1]], ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    checkpoint = saved({"a": contiguous("0", array)})
    assert checkpoint["a"].dtype == checkpoint.dtype("a") == array.dtype
    np.testing.assert_array_equal(checkpoint["a"], array)
    checkpoint.verify("a")
    assert checkpoint.format == "PyTorch" and not checkpoint["a"].flags.writeable


def test_strides_offsets_and_shared_storages(saved):
    value = {
        "whole": Tensor("7", NUMBERS, (4, 6), (6, 1)),
        "transposed": Tensor("7", NUMBERS, (6, 4), (1, 6)),
        "column": Tensor("7", NUMBERS, (4,), (6,), offset=2),
        "repeated": Tensor("7", NUMBERS, (3, 2), (0, 1), offset=5),
        "scalar": Tensor("7", NUMBERS, (), (), offset=23),
        "empty": Tensor("7", NUMBERS, (0, 5), (5, 1)),
    }
    checkpoint = saved(value)
    whole = NUMBERS.reshape(4, 6)
    expected = {"whole": whole, "transposed": whole.T, "column": whole[:, 2], "repeated": [[5, 6]] * 3, "scalar": 23,
                "empty": np.zeros((0, 5))}  # fmt: skip
    for name, array in expected.items():
        assert checkpoint.shape(name) == np.shape(array)
        np.testing.assert_array_equal(checkpoint[name], array)
    assert np.shares_memory(checkpoint["whole"], checkpoint["column"])


def test_a_view_of_the_legacy_format(tmp_path):
    part = Tensor("0", NUMBERS, (2, 3), (3, 1), offset=1, view=("v", 10, 8))
    torch_files.write_legacy(tmp_path / "pytorch_model.bin", {"part": part})
    np.testing.assert_array_equal(open_checkpoint(tmp_path)["part"], np.arange(11, 17).reshape(2, 3))


def test_the_state_dict_of_a_module(saved):
    """An OrderedDict with items, a state `_metadata`, and parameters."""
    weight = Call(Name("torch._utils", "_rebuild_parameter"), (contiguous("0", NUMBERS), True, Call(ORDERED, ())))
    bias = Tensor("1", NUMBERS, (24,), (1,), version=1)
    items = Call(ORDERED, ([["weight", weight], ["bias", bias]],))
    checkpoint = saved(Built(items, {"_metadata": Call(ORDERED, ())}))
    assert list(checkpoint) == ["weight", "bias"] and not checkpoint.notes
    np.testing.assert_array_equal(checkpoint["weight"], NUMBERS)
    np.testing.assert_array_equal(checkpoint["bias"], NUMBERS)


@pytest.mark.parametrize("keys", [("state_dict",), ("model",), ("module",), ("model", "state_dict")])
def test_weights_that_a_training_script_put_into_a_dict(saved, keys):
    value = {"module.a": contiguous("0", NUMBERS), "module.b": contiguous("1", NUMBERS[:2])}
    for key in reversed(keys):
        value = {"epoch": 3, key: value, "optimizer": {"state": {0: contiguous("2", NUMBERS[:3])}}}
    checkpoint = saved(value)
    assert list(checkpoint) == ["a", "b"]
    assert [note.partition(": ")[2] for note in checkpoint.notes] == [
        f"the weights are under {' / '.join(keys)}.", "every name begins with module., which is left out.",
    ]  # fmt: skip
    np.testing.assert_array_equal(checkpoint["b"], [0, 1])


def test_entries_that_are_no_tensors_are_left_out(saved):
    checkpoint = saved({"a": contiguous("0", NUMBERS), "epoch": 3, "name": "x"})
    assert list(checkpoint) == ["a"] and "2 entries that are no tensors are left out (epoch, name)" in checkpoint.notes[0]


def test_protocol_4(tmp_path):
    """Frames, memos, short strings and STACK_GLOBAL, as pickle_protocol=4 gives them."""
    text = lambda word: b"\x8c" + bytes([len(word)]) + word.encode() + b"\x94"  # noqa: E731
    name = lambda module, word: text(module) + text(word) + b"\x93\x94"  # noqa: E731
    storage = b"(" + text("storage") + name("torch", "FloatStorage") + text("0") + text("cpu") + b"K\x18t\x94Q"
    tensor = name("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + b"K\x00K\x04K\x06\x86\x94K\x06K\x01\x86\x94\x89"
    tensor += name("collections", "OrderedDict") + b")R\x94t\x94R\x94"
    body = b"}\x94(" + text("a") + tensor + b"X\x01\x00\x00\x00b" + b"h\x01" + b"u."
    content = b"\x80\x04\x95" + len(body).to_bytes(8, "little") + body
    torch_files.write_zip(tmp_path / "pytorch_model.bin", {"a": contiguous("0", NUMBERS)}, content=content)
    checkpoint = open_checkpoint(tmp_path)
    assert list(checkpoint) == ["a"]                                    # b is memo 1, the string "a"
    np.testing.assert_array_equal(checkpoint["a"], NUMBERS.reshape(4, 6))


def test_several_files(tmp_path):
    for number in (1, 2):
        name = f"pytorch_model-{number:05d}-of-00002.bin"
        torch_files.write_zip(tmp_path / name, {f"w{number}": contiguous("0", NUMBERS * number)})
    weight_map = {f"w{number}": f"pytorch_model-{number:05d}-of-00002.bin" for number in (1, 2)}
    index = tmp_path / "pytorch_model.bin.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))
    for location in (tmp_path, index):
        np.testing.assert_array_equal(open_checkpoint(location)["w2"], NUMBERS * 2)
    index.write_text(json.dumps({"weight_map": {"w1": weight_map["w2"]}}))
    with pytest.raises(InputError, match="w1 is not in pytorch_model-00002-of-00002.bin"):
        open_checkpoint(tmp_path)
    (tmp_path / weight_map["w1"]).unlink()
    index.write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(InputError, match="pytorch_model-00001-of-00002.bin is not beside it"):
        open_checkpoint(tmp_path)


def test_the_only_file_of_pytorch_will_do(tmp_path):
    torch_files.write_zip(tmp_path / "model.pt", {"a": contiguous("0", NUMBERS)})
    (tmp_path / "training_args.bin").write_bytes(b"a pickle of a training script")
    assert list(open_checkpoint(tmp_path)) == ["a"] and describe(tmp_path).num_parameters == 24
    torch_files.write_zip(tmp_path / "other.pth", {"a": contiguous("0", NUMBERS)})
    with pytest.raises(InputError, match=r"several files of PyTorch \(model.pt, other.pth\). Name one: .*model.pt"):
        open_checkpoint(tmp_path)
    assert list(open_checkpoint(tmp_path / "other.pth")) == ["a"]


def test_a_corrupted_storage_is_seen_by_its_checksum(tmp_path):
    path = tmp_path / "pytorch_model.bin"
    torch_files.write_zip(path, {"a": contiguous("0", NUMBERS)})
    path.write_bytes(path.read_bytes().replace(NUMBERS.tobytes(), (NUMBERS + 1).tobytes()))
    checkpoint = open_checkpoint(tmp_path)
    for _ in range(2):
        with pytest.raises(InputError, match="checksum mismatch in a .* copy or download it again"):
            checkpoint.verify("a")


def test_a_file_whose_checksums_torch_did_not_compute(tmp_path):
    """torch.serialization.set_crc32_options(False) writes 0."""
    path = tmp_path / "pytorch_model.bin"
    torch_files.write_zip(path, {"a": contiguous("0", NUMBERS)})
    with zipfile.ZipFile(path) as archive:
        checksums = [entry.CRC.to_bytes(4, "little") for entry in archive.infolist()]
    content = path.read_bytes()
    for checksum in checksums:
        content = content.replace(checksum, bytes(4))
    path.write_bytes(content)
    checkpoint = open_checkpoint(tmp_path)
    checkpoint.verify("a")
    np.testing.assert_array_equal(checkpoint["a"], NUMBERS)


def test_big_endian_numbers_are_refused(tmp_path):
    path = tmp_path / "pytorch_model.bin"
    torch_files.write_legacy(path, {"a": contiguous("0", NUMBERS)}, little_endian=False)
    with pytest.raises(InputError, match="not little-endian"):
        open_checkpoint(tmp_path)
    torch_files.write_zip(path, {"a": contiguous("0", NUMBERS)}, order="big")
    with pytest.raises(InputError, match="not little-endian"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("content, problem", [
    (b"", "the file is empty"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "the pointer of Git LFS, not the file itself"),
    (b"<!DOCTYPE html>", "not a file of torch.save"),
    (b"\x80\x02}.", "a pickle, but not of torch.save"),
    (b"PK\x03\x04half a file", "truncated or corrupted .no complete zip archive"),
])  # fmt: skip
def test_other_files(tmp_path, content, problem):
    (tmp_path / "pytorch_model.bin").write_bytes(content)
    with pytest.raises(InputError, match=problem):
        open_checkpoint(tmp_path)


def test_a_zip_archive_of_something_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(InputError, match="a zip archive, but not of torch.save"):
        open_checkpoint(tmp_path / "model.pt")


def test_a_value_without_tensors(saved):
    with pytest.raises(InputError, match="no tensors by name, only epoch. Save the state_dict"):
        saved({"epoch": 3})


@pytest.fixture(params=["float32", "bfloat16"])
def mini(request, tmp_path):
    """checkpoints/mini as a pytorch_model.bin, and the numbers that are in it."""
    stored = open_checkpoint(MINI)
    dtype = ml_dtypes.bfloat16 if request.param == "bfloat16" else np.float32
    numbers = {name: stored[name].astype(dtype) for name in stored}
    value = {name: contiguous(str(index), array) for index, (name, array) in enumerate(numbers.items())}
    torch_files.write_zip(tmp_path / "pytorch_model.bin", value)
    for name in ("config.json", "vocab.txt", "tokenizer_config.json"):
        shutil.copy(MINI / name, tmp_path / name)
    return tmp_path, numbers


@pytest.mark.keras
def test_a_model_with_its_weights(mini):
    from baselines.models.checkpoint import Checkpoint

    folder, numbers = mini
    model = Checkpoint.open(folder).build()
    table = next(weight for weight in model.weights if weight.path == "Embedding-Token/embeddings")
    name = next(name for name in numbers if name.endswith("word_embeddings.weight"))
    np.testing.assert_array_equal(np.asarray(table), numbers[name].astype(np.float32))


def test_inspect(mini, capsys):
    from baselines.cli import inspect

    folder, numbers = mini
    inspect.main([str(folder)])
    lines = capsys.readouterr().out
    assert f"{folder}/pytorch_model.bin (PyTorch): {len(numbers)} tensors" in lines
    assert str(next(iter(numbers.values())).dtype) in lines
