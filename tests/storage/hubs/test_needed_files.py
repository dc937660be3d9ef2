"""Which files of a repository are downloaded, and what a folder of the cache lacks."""

import json

import pytest

from baselines.errors import InputError
from baselines.storage.hubs.needed_files import missing, needed

SMALL = ["added_tokens.json", "config.json", "special_tokens_map.json", "spiece.model", "tokenizer.json",
         "tokenizer_config.json", "vocab.txt"]  # fmt: skip
OTHERS = ["README.md", ".gitattributes", "onnx/model.onnx", "onnx/config.json", "training_args.bin", "optimizer.pt", "tf_model.h5",
          "flax_model.msgpack", "model.fp16.safetensors"]  # fmt: skip
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
BINS = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin", "pytorch_model.bin.index.json"]
TENSORFLOW = ["bert_model.ckpt.data-00000-of-00001", "bert_model.ckpt.index"]


@pytest.mark.parametrize("weights", [["model.safetensors"], SHARDS, ["pytorch_model.bin"], BINS, TENSORFLOW])
def test_one_format_of_weights_and_everything_small(weights):
    after = [["model.safetensors"], SHARDS, ["pytorch_model.bin"], BINS, TENSORFLOW]
    less = [file for format in after[after.index(weights) + 1 :] for file in format]
    assert sorted(needed([*SMALL, *OTHERS, *less, *weights], "x")) == sorted([*SMALL, *weights])
    assert needed([*SMALL, *OTHERS, *less, *weights], "x", weights=False) == SMALL


def test_google_names():
    files = ["bert_config.json", "vocab.txt", "checkpoint", *TENSORFLOW, "bert_model.ckpt.meta"]
    assert sorted(needed(files, "x")) == sorted(files[:-1])


def test_names_that_would_leave_the_folder_are_not_taken():
    files = ["config.json", "../vocab.txt", "a\\vocab.txt", "vocab\n.txt", "c:vocab.txt"]
    assert needed(files, "x", weights=False) == ["config.json"]


@pytest.mark.parametrize("files, problem", [
    (["README.md", "tokenizer_config.json"], "hf:a/b: no config.json among its 2 files"),
    (["config.json", "tf_model.h5", "model.onnx"], "hf:a/b: it has only .h5, .onnx, neither safetensors"),
    (["config.json", "vocab.txt"], "hf:a/b: it has no weights, neither safetensors"),
])  # fmt: skip
def test_a_repository_without_what_a_model_needs(files, problem):
    with pytest.raises(InputError, match=problem):
        needed(files, "hf:a/b")


def test_what_a_folder_lacks(tmp_path):
    assert missing(tmp_path) == missing(tmp_path / "absent") == ["config.json", "vocab.txt", "model.safetensors"]
    (tmp_path / "tokenizer_config.json").touch()
    (tmp_path / "vocab.txt.partial").touch()
    (tmp_path / "model.safetensors.partial").touch()
    assert missing(tmp_path) == ["config.json", "vocab.txt", "model.safetensors"]
    (tmp_path / "config.json").touch()
    (tmp_path / "spiece.model").touch()
    assert missing(tmp_path, weights=False) == [] and missing(tmp_path) == ["model.safetensors"]
    index = {"weight_map": {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00002-of-00002.bin"}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    (tmp_path / "pytorch_model-00001-of-00002.bin").touch()
    assert missing(tmp_path) == ["pytorch_model-00002-of-00002.bin"]
    (tmp_path / "pytorch_model-00002-of-00002.bin").touch()
    assert missing(tmp_path) == []


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin", "model.ckpt-2000.index"])
def test_weights_of_any_format(tmp_path, file):
    for name in ("config.json", "vocab.txt", file):
        (tmp_path / name).touch()
    assert missing(tmp_path) == []
