"""Files that torch.save wrote, in both formats and any protocol, hold the same numbers here."""

import numpy as np
import pytest

from baselines.weights.checkpoint import open_checkpoint

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


@pytest.mark.parametrize("archive", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_numbers(tmp_path, archive, protocol):
    base = torch.arange(24.0).reshape(4, 6) - 12
    tensors = {
        "base": base, "transposed": base.t(), "column": base[:, 2], "part": torch.nn.Parameter(base[1:3]), "half": base.half(),
        "bfloat16": base.bfloat16(), "ids": torch.arange(5), "unsigned": torch.arange(5).to(torch.uint16), "bool": base > 0,
        "empty": torch.zeros(0, 3), "expanded": torch.ones(1).expand(7), **torch.nn.TransformerEncoderLayer(8, 2, 16).state_dict(),
    }  # fmt: skip
    path = tmp_path / "pytorch_model.bin"
    torch.save(tensors, path, _use_new_zipfile_serialization=archive, pickle_protocol=protocol)
    checkpoint = open_checkpoint(tmp_path)
    assert list(checkpoint) == list(tensors)
    for name, tensor in tensors.items():
        checkpoint.verify(name)
        assert str(checkpoint.dtype(name)) == str(tensor.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(checkpoint[name].astype(np.float32), tensor.detach().float().numpy())


@pytest.mark.parametrize("archive", [True, False], ids=["zip", "legacy"])
def test_the_state_dict_of_a_module(tmp_path, archive):
    module = torch.nn.Linear(3, 2)
    torch.save({"epoch": 1, "state_dict": module.state_dict()}, tmp_path / "a.pt", _use_new_zipfile_serialization=archive)
    checkpoint = open_checkpoint(tmp_path / "a.pt")
    np.testing.assert_array_equal(checkpoint["weight"], module.weight.detach().numpy())
