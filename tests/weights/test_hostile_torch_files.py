"""A pytorch_model.bin that asks for more than weights need is refused by name, and nothing of it runs."""

import pickle
import zipfile

import numpy as np
import pytest
import torch_files
from hypothesis import given
from hypothesis import strategies as st
from mutations import bounded, changed_bytes, content_or_refusal
from torch_files import Built, Call, Name, Persistent, Raw, Tensor, contiguous

from baselines.errors import InputError
from baselines.weights import pickle_machine
from baselines.weights.checkpoint import open_checkpoint
from baselines.weights.finite import require_finite

NUMBERS = np.arange(24, dtype=np.float32)
TENSOR = contiguous("0", NUMBERS)
RUNS = []


def run_something(*arguments):
    """What a hostile pickle of these tests calls. It is importable, so that an unpickler would call it."""
    RUNS.append(arguments)


class Reduced:
    """An object that pickle writes as a call of `run_something`."""

    def __reduce__(self):
        return run_something, ("from a reduce",)


SOMETHING = Name(__name__, "run_something")
SYSTEM = Call(Name("os", "system"), ("touch marker",))
STORAGE = ("storage", Name("torch", "FloatStorage"), "0", "cpu", 24)
ORDERED = Name("collections", "OrderedDict")
REBUILD = Name("torch._utils", "_rebuild_tensor_v2")
HOSTILE = {
    "os.system": (SYSTEM, "it asks for os.system"),
    "eval": (Call(Name("builtins", "eval"), ("1",)), "it asks for builtins.eval"),
    "python 2's eval": (Call(Name("__builtin__", "eval"), ("1",)), "it asks for __builtin__.eval"),
    "a mention alone": (Name("posix", "system"), "it asks for posix.system"),
    "inside a tensor": (Call(REBUILD, (Persistent(STORAGE), 0, (SYSTEM,), (1,))), "it asks for os.system"),
    "a nested reduce": (Call(Call(Name("builtins", "getattr"), ("x", "y")), ()), "it asks for builtins.getattr"),
    "a call of a result": (Call(Call(ORDERED, ()), ()), "it calls a value that is no function"),
    "a call of a type": (Call(Name("torch", "FloatStorage"), (4,)), "it calls torch.FloatStorage"),
    "a call without a tuple": (Call(ORDERED, [[]]), "it calls collections.OrderedDict without a tuple"),
    "a dotted name": (Name("collections", "OrderedDict.__init__"), r"it asks for collections.OrderedDict.__init__"),
    "torch's own loader": (Call(Name("torch.storage", "_load_from_bytes"), ("",)), "it asks for torch.storage._load_from_bytes"),
    "stack global": (Raw(torch_files.opcodes("os") + torch_files.opcodes("system") + b"\x93"), "it asks for os.system"),
    "stack global of a number": (Raw(b"K\x01K\x02\x93"), "a name that is no text"),
    "inst": (Raw(b"(ios\nsystem\n"), "the opcode INST for os.system"),
    "obj": (Raw(b"(ccollections\nOrderedDict\no"), "the opcode OBJ"),
    "newobj": (Raw(b"ccollections\nOrderedDict\n)\x81"), "the opcode NEWOBJ"),
    "an extension code": (Raw(b"\x82\x01"), "the opcode EXT1"),
    "a large extension code": (Raw(b"\x84\x01\x00\x00\x00"), "the opcode EXT4"),
    "a state of a list": (Built([], {"x": 1}), "it sets the state of an object"),
    "a state of a tensor": (Built(TENSOR, {"x": 1}), "it sets the state of an object"),
    "a text persistent id": (Raw(b"Pstorage\n"), "the opcode PERSID"),
    "a persistent id that is text": (Persistent("storage"), "something that is no storage"),
    "a short persistent id": (Persistent(("storage",)), "something that is no storage"),
    "a whole module": (Persistent(("module", 1, 2, 3, 4)), "a whole module"),
    "a storage of another type": (Persistent(("storage", ORDERED, "0", "cpu", 4)), "a storage of an unknown type"),
    "a storage with a list for a key": (Persistent((*STORAGE[:2], [], "cpu", 4)), "a storage without a key or a size"),
    "a storage of a negative size": (Persistent((*STORAGE[:4], -4)), "a storage without a key or a size"),
    "a tensor without a storage": (Call(REBUILD, ((), 0, (1,), (1,))), "a tensor has no storage"),
    "a negative stride": (Tensor("0", NUMBERS, (2,), (-1,)), "a shape, strides or offset that are not counts"),
    "a negative offset": (Tensor("0", NUMBERS, (2,), (1,), offset=-1), "a shape, strides or offset that are not counts"),
    "a shape of floats": (Tensor("0", NUMBERS, (2.0,), (1,)), "a shape, strides or offset that are not counts"),
    "one stride too few": (Tensor("0", NUMBERS, (2, 3), (1,)), "a shape, strides or offset that are not counts"),
    "behind its storage": (Tensor("0", NUMBERS, (5, 6), (6, 1)), "a tensor ends behind its storage"),
    "an offset behind it": (Tensor("0", NUMBERS, (1,), (1,), offset=24), "a tensor ends behind its storage"),
    "a terabyte from one number": (Tensor("0", NUMBERS, (1 << 38,), (0,)), "a tensor repeats the 24 numbers"),
    "more than any memory": (Tensor("0", NUMBERS, (1 << 40, 1 << 40, 0), (0, 0, 0)), "a tensor has the shape"),
    "a tensor for a key": (Raw(b"}" + torch_files.opcodes(TENSOR) + b"K\x01s"), "a dict has a key of type TensorRecord"),
    "a parameter without a tensor": (Call(Name("torch._utils", "_rebuild_parameter"), (1, 2, 3)), "a parameter has no tensor"),
    "an unknown opcode": (Raw(b"\xff"), "truncated or corrupted .in its pickle"),
    "more ends than marks": (Raw(b"tttt"), "truncated or corrupted .in its pickle"),
    "a memo that is not there": (Raw(b"h\x07"), "truncated or corrupted .in its pickle"),
    "a string longer than the file": (Raw(b"\x8d" + b"\xff" * 7 + b"\x7f"), "truncated or corrupted .in its pickle"),
    "arguments that do not fit": (Call(REBUILD, ()), "truncated or corrupted .in its pickle"),
}  # fmt: skip


@pytest.mark.parametrize("kind", torch_files.WRITERS)
@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_refused_by_name(tmp_path, monkeypatch, kind, case):
    value, problem = HOSTILE[case]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=problem) as error:
        torch_files.WRITERS[kind](tmp_path / "pytorch_model.bin", {"good": TENSOR, "bad": value})
        open_checkpoint(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}/pytorch_model.bin: ") and "\n" not in str(error.value)
    assert not (tmp_path / "marker").exists()                           # in the working folder


@pytest.mark.parametrize("kind", torch_files.WRITERS)
def test_nothing_runs_although_pickle_would_run_it(tmp_path, kind):
    """The same bytes, whole pickles by Python's own pickler, run with pickle.loads and not with us."""
    content = pickle.dumps({"good": 1, "bad": Reduced()}, protocol=2)
    RUNS.clear()
    pickle.loads(content)
    assert RUNS == [("from a reduce",)]
    torch_files.WRITERS[kind](tmp_path / "pytorch_model.bin", {"good": TENSOR}, content=content)
    with pytest.raises(InputError, match=rf"it asks for {__name__}.run_something. Nothing of it was run"):
        open_checkpoint(tmp_path)
    assert RUNS == [("from a reduce",)]


def test_a_hostile_pickle_where_the_legacy_format_has_plain_values(tmp_path):
    (tmp_path / "model.pt").write_bytes(torch_files.pickled(torch_files.MAGIC) + torch_files.pickled(SYSTEM))
    with pytest.raises(InputError, match="it asks for os.system"):
        open_checkpoint(tmp_path / "model.pt")


def test_a_zip_bomb(tmp_path):
    path = tmp_path / "pytorch_model.bin"
    torch_files.write_zip(path, {"a": TENSOR}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="is compressed or encrypted, which torch.save never does"):
        open_checkpoint(tmp_path)


def test_entries_outside_of_the_archive_are_not_looked_at(tmp_path):
    extra = {"../../evil/data.pkl": b"x", "/etc/data.pkl": b"x", "archive/data/../../0": b"x"}
    torch_files.write_zip(tmp_path / "pytorch_model.bin", {"a": TENSOR}, extra=extra)
    np.testing.assert_array_equal(open_checkpoint(tmp_path)["a"], NUMBERS)
    torch_files.write_zip(tmp_path / "pytorch_model.bin", {"a": TENSOR}, extra={"other/data.pkl": b"x"})
    with pytest.raises(InputError, match="2 files data.pkl"):
        open_checkpoint(tmp_path)


def test_too_many_opcodes(tmp_path, monkeypatch):
    monkeypatch.setattr(pickle_machine, "MAX_OPCODES", 1000)
    torch_files.write_zip(tmp_path / "pytorch_model.bin", {"a": TENSOR, "bad": Raw(b"]" * 1000)})
    with pytest.raises(InputError, match="it has more than 1000 opcodes"):
        open_checkpoint(tmp_path)


def test_a_value_that_holds_itself(tmp_path):
    loop = Raw(b"}q\x01(X\x05\x00\x00\x00modelh\x01u")
    for write in torch_files.WRITERS.values():
        write(tmp_path / "pytorch_model.bin", loop)
        with pytest.raises(InputError, match="no tensors by name, only model"):
            open_checkpoint(tmp_path)


def read(folder):
    checkpoint = open_checkpoint(folder)
    for name in checkpoint:
        checkpoint.verify(name)
        array = checkpoint[name]
        assert (array.shape, array.dtype) == (checkpoint.shape(name), checkpoint.dtype(name))
        require_finite(array, name, str(checkpoint.path))
    return checkpoint


VALUE = {"state_dict": {
    "table": contiguous("0", NUMBERS.reshape(4, 6)), "turned": Tensor("0", NUMBERS, (6, 4), (1, 6)),
    "half": contiguous("1", np.ones(5, "f2")),
    "parameter": Call(Name("torch._utils", "_rebuild_parameter"), (contiguous("2", NUMBERS[:3]), True, Call(ORDERED, ()))),
}, "epoch": 3}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in torch_files.WRITERS}
    for kind, folder in folders.items():
        torch_files.WRITERS[kind](folder / "pytorch_model.bin", VALUE)
    return {kind: (folder, (folder / "pytorch_model.bin").read_bytes()) for kind, folder in folders.items()}


@pytest.mark.parametrize("kind", torch_files.WRITERS)
def test_every_truncation_of_a_file(files, kind):
    folder, whole = files[kind]
    assert len(read(folder)) == 4
    for length in range(0, len(whole), 5):
        (folder / "pytorch_model.bin").write_bytes(whole[:length])
        with pytest.raises(InputError) as error:
            read(folder)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", torch_files.WRITERS)
@bounded
@given(data=st.data())
def test_a_mutated_file(files, kind, data):
    folder, whole = files[kind]
    (folder / "pytorch_model.bin").write_bytes(data.draw(changed_bytes(whole)))
    content_or_refusal(read, folder)


@pytest.mark.parametrize("kind", torch_files.WRITERS)
@bounded
@given(data=st.data())
def test_a_mutated_pickle_with_right_checksums(files, kind, data):
    folder, _ = files[kind]
    content = data.draw(changed_bytes(torch_files.pickled(VALUE, legacy=kind == "legacy")))
    torch_files.WRITERS[kind](folder / "pytorch_model.bin", VALUE, content=content)
    content_or_refusal(read, folder)
