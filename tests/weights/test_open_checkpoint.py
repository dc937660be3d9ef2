"""Which format a folder or a path is, and what a checkpoint holds."""

import numpy as np
import pytest
import torch_files

from baselines.errors import InputError
from baselines.weights import safetensors_file, tensorflow_checkpoint
from baselines.weights.checkpoint import Row, describe, open_checkpoint

TENSORS = {"a": np.zeros((2, 3), np.float32), "b": np.zeros(4, np.float16)}


OTHERS = {"tf_model.h5": "`save_pretrained` it", "flax_model.msgpack": "`save_pretrained` it",
          "model.onnx": "it was exported from", "q4.gguf": "it was converted from"}  # fmt: skip


@pytest.fixture
def google(tmp_path):
    tensorflow_checkpoint.write(tmp_path / "bert_model.ckpt", TENSORS)
    return tmp_path


@pytest.mark.parametrize("location", ["", "bert_model.ckpt", "bert_model.ckpt.index"])
def test_a_tensorflow_checkpoint(google, location):
    assert open_checkpoint(google / location).format == "TensorFlow V2 checkpoint"


def test_any_single_index_will_do_and_bert_model_wins(google):
    (google / "sub").mkdir()
    tensorflow_checkpoint.write(google / "sub" / "model.ckpt-9", TENSORS)
    assert open_checkpoint(google / "sub").path.name == "model.ckpt-9"
    tensorflow_checkpoint.write(google / "model.ckpt-9", TENSORS)
    assert open_checkpoint(google).path.name == "bert_model.ckpt"


@pytest.fixture
def several(tmp_path):
    for step in (900, 1000, 2000):
        tensorflow_checkpoint.write(tmp_path / f"model.ckpt-{step}", TENSORS)
    return tmp_path


@pytest.mark.parametrize("line, latest", [
    ('model_checkpoint_path: "model.ckpt-1000"', "model.ckpt-1000"),
    ('model_checkpoint_path: "/home/someone/out/model.ckpt-900"\r', "model.ckpt-900"),
    ('all_model_checkpoint_paths: "model.ckpt-900"\nmodel_checkpoint_path: "C:\\\\out\\\\model.ckpt-2000"', "model.ckpt-2000"),
])  # fmt: skip
def test_the_file_checkpoint_names_the_latest_of_several(several, line, latest):
    tensorflow_checkpoint.write(several / "bert_model.ckpt", TENSORS)
    (several / "checkpoint").write_text(f'{line}\nall_model_checkpoint_paths: "model.ckpt-2000"\n')
    assert open_checkpoint(several).path.name == latest


def test_escaped_characters_in_the_file_checkpoint(several):
    tensorflow_checkpoint.write(several / "模型-3", TENSORS)
    escaped = "".join(f"\\{byte:o}" for byte in "模型".encode())
    (several / "checkpoint").write_text(f'model_checkpoint_path: "{escaped}-3"\n')
    assert open_checkpoint(several).path.name == "模型-3"


@pytest.mark.parametrize("content, reason", [
    (None, "no file `checkpoint` names the latest"),
    ("garbage", "no file `checkpoint` names the latest"),
    ('model_checkpoint_path: "model.ckpt-3000"', "the file `checkpoint` names model.ckpt-3000, which is not there"),
])  # fmt: skip
def test_several_without_a_latest_one(several, content, reason):
    if content:
        (several / "checkpoint").write_text(content)
    with pytest.raises(InputError, match=rf"3 checkpoints \(.*\), and {reason}. Name one: .*/model.ckpt-2000"):
        open_checkpoint(several)
    assert open_checkpoint(several / "model.ckpt-900").path.name == "model.ckpt-900"


def test_safetensors_come_first(google):
    safetensors_file.write(google / "model.safetensors", TENSORS)
    assert open_checkpoint(google).format == "safetensors"
    assert open_checkpoint(google / "model.safetensors").format == "safetensors"


def test_pytorch_comes_after_safetensors_and_before_tensorflow(google):
    torch_files.write_zip(google / "pytorch_model.bin", {"a": torch_files.contiguous("0", TENSORS["a"])})
    assert open_checkpoint(google).format == "PyTorch"
    safetensors_file.write(google / "model.safetensors", TENSORS)
    assert open_checkpoint(google).format == "safetensors"


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_pointer_in_place_of_the_file(tmp_path, name):
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 409668168\n")
    with pytest.raises(InputError, match=f"{name}: the pointer of Git LFS, not the file itself. Run `git lfs pull`"):
        open_checkpoint(tmp_path)


def test_other_formats_are_refused_with_the_way_out(tmp_path):
    for name, advice in OTHERS.items():
        folder = tmp_path / name
        folder.mkdir()
        for file in ("optimizer.pt", "training_args.bin", name):
            (folder / file).touch()
        for location in (folder, folder / name):
            with pytest.raises(InputError, match=rf"{name}: this format is not read, only .*{advice}"):
                open_checkpoint(location)


@pytest.mark.parametrize("location", ["absent", "absent/bert_model.ckpt"])
def test_a_wrong_path(tmp_path, location):
    with pytest.raises(InputError, match="absent.*: no such checkpoint. Give a folder, a .safetensors or .bin file"):
        open_checkpoint(tmp_path / location)


def test_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match=r"no weights, neither model.safetensors nor pytorch_model.bin nor bert_model.ckpt.index"):
        open_checkpoint(tmp_path)


def test_describe(google):
    safetensors_file.write(google / "model.safetensors", TENSORS)
    rows = (Row("a", (2, 3), "float32", 6), Row("b", (4,), "float16", 4))
    for location in (google / "bert_model.ckpt", google / "model.safetensors"):
        description = describe(location)
        assert tuple(sorted(description.rows, key=lambda row: row.name)) == rows
        assert description.num_parameters == 10
