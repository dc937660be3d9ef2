"""The mean of checkpoints: exact numbers, and one line for checkpoints that do not belong together."""

import json

import ml_dtypes
import numpy as np
import pytest

from baselines.errors import InputError
from baselines.weights import safetensors_file
from baselines.weights.average import check_same_shape, mean, write_average


@pytest.fixture
def make(tmp_path):
    def make(name, value, vocabulary="a\nb\n", rows=2, **config):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps({"hidden_size": 2, "hidden_dropout_prob": 0.1, **config}))
        (folder / "vocab.txt").write_text(vocabulary)
        tensors = {"weight": np.full((rows, 2), value, np.float32), "positions": np.arange(3)}
        safetensors_file.write(folder / "model.safetensors", tensors, {"format": "pt"}, digest=True)
        return folder

    return make


def test_the_mean_and_the_files_of_the_first(make, tmp_path):
    folders = [make("a", 1.0), make("b", 2.0, hidden_dropout_prob=0.3), make("c", 6.0)]
    check_same_shape(folders)
    target = tmp_path / "mean"
    target.mkdir()
    write_average(folders, target)
    averaged = safetensors_file.read(target)
    averaged.verify("weight")
    safetensors_file.verify_files(target)
    assert averaged["weight"].tolist() == [[3.0, 3.0]] * 2 and averaged["weight"].dtype == np.float32
    assert averaged["positions"].tolist() == [0, 1, 2]
    assert json.loads((target / "config.json").read_text())["hidden_dropout_prob"] == 0.1
    (target / "vocab.txt").write_text("other")
    with pytest.raises(InputError, match="checksum mismatch"):
        safetensors_file.verify_files(target)


def test_the_sum_is_not_rounded_to_the_type_of_the_file():
    arrays = [np.array([value], ml_dtypes.bfloat16) for value in (256.0, 1.0, 1.0)]
    assert mean(arrays).dtype == ml_dtypes.bfloat16
    assert float(mean(arrays)[0]) == 86.0                               # bfloat16 sums: 256 + 1 + 1 = 256, and 256 / 3 = 85.5
    assert mean([np.array([1e8], np.float32), np.array([1.0], np.float32)]) == np.float32(50000000.5)


@pytest.mark.parametrize(("other", "message"), [
    ({"hidden_size": 4}, "has hidden_size 4, but .*a has 2"),
    ({"vocabulary": "a\nc\n"}, "vocab.txt differs from that of .*a. Average checkpoints with one vocabulary"),
    ({"rows": 3}, r"weight has the shape \(3, 2\), but \(2, 2\) in .*a"),
])  # fmt: skip
def test_checkpoints_that_do_not_belong_together(make, other, message):
    with pytest.raises(InputError, match=message):
        check_same_shape([make("a", 1.0), make("b", 2.0, **other)])
