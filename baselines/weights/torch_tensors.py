"""What the pickle of a PyTorch file says about its tensors: their types, shapes and strides, and the storages they lie in.

PyTorch writes a tensor as a call of torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …) and a storage as the
persistent id ("storage", type, key, device, size), in torch/_utils.py and torch/serialization.py.
"""

import dataclasses
import math
from typing import IO

import ml_dtypes
import numpy as np

from baselines.weights.pickle_machine import Global, Refused, read_pickle

DTYPES = {"Double": np.float64, "Float": np.float32, "Half": np.float16, "BFloat16": ml_dtypes.bfloat16, "Long": np.int64,
          "Int": np.int32, "Short": np.int16, "Char": np.int8, "Byte": np.uint8, "Bool": np.bool_}  # fmt: skip
NAMED = {"float64": np.float64, "float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "int64": np.int64,
         "int32": np.int32, "int16": np.int16, "int8": np.int8, "uint8": np.uint8, "bool": np.bool_, "uint16": np.uint16,
         "uint32": np.uint32, "uint64": np.uint64}  # fmt: skip
STORAGES = {f"torch.{name}Storage": np.dtype(dtype) for name, dtype in DTYPES.items()}
STORAGES |= {name: np.dtype(np.uint8) for name in ("torch.storage.UntypedStorage", "torch.UntypedStorage")}
"""{type in a persistent id: type of its numbers}. An untyped one counts bytes, and its tensors name their type."""
MAX_REPEATED = 1 << 20
"""Numbers that a tensor may have although its storage has fewer (`expand`): a hostile file could ask for any amount of memory."""
MAX_BYTES = 1 << 62


@dataclasses.dataclass(frozen=True)
class Storage:
    """Numbers of one type behind each other; `start` is where they begin in the storage `key`, in numbers."""

    key: str
    dtype: np.dtype
    size: int
    start: int = 0


@dataclasses.dataclass(frozen=True)
class TensorRecord:
    """Where the numbers of a tensor are: `offset` and `strides` count numbers, not bytes."""

    storage: Storage
    dtype: np.dtype
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def start(self) -> int:
        """The first byte in the storage."""
        return self.storage.start * self.storage.dtype.itemsize + self.offset * self.dtype.itemsize


def read_tensors(stream: IO[bytes]) -> object:
    """The value of a pickle with a `TensorRecord` for each tensor. Raises Refused, see `read_pickle`."""
    names = set(STORAGES) | {f"torch.{name}" for name in NAMED}
    return read_pickle(stream, FUNCTIONS, names, _storage)


def _storage(value):
    """The Storage of a persistent id; the legacy format adds None, or (key, first number, size) of a view."""
    if not isinstance(value, tuple) or len(value) not in (5, 6) or value[0] != "storage":
        kind = value[0] if isinstance(value, tuple) and value and isinstance(value[0], str) else "no storage"
        raise Refused(f"it refers to {'a whole module' if kind == 'module' else 'something that is no storage'}")
    _, kind, key, _, size, *view = value
    if not isinstance(kind, Global) or kind.name not in STORAGES:
        raise Refused("it refers to a storage of an unknown type")
    if not isinstance(key, str) or not _is_count(size):
        raise Refused("it refers to a storage without a key or a size")
    if not view or view[0] is None:
        return Storage(key, STORAGES[kind.name], size)
    if not isinstance(view[0], tuple) or len(view[0]) != 3 or not all(map(_is_count, view[0][1:])):
        raise Refused("it refers to a part of a storage without a size")
    if sum(view[0][1:]) > size:
        raise Refused("a part of a storage ends behind it")
    return Storage(key, STORAGES[kind.name], view[0][2], view[0][1])


def _tensor(storage, offset, shape, strides, *_):
    """Of _rebuild_tensor and _rebuild_tensor_v2: (…, requires_grad, backward_hooks, metadata) do not matter."""
    return _record(storage, getattr(storage, "dtype", None), offset, shape, strides)


def _tensor_with_type(storage, offset, shape, strides, requires_grad, hooks, dtype, *_):
    """Of _rebuild_tensor_v3, for types that have no storage class of their own."""
    name = dtype.name.removeprefix("torch.") if isinstance(dtype, Global) else None
    if name not in NAMED:
        raise Refused("a tensor has an unknown type")
    return _record(storage, np.dtype(NAMED[name]), offset, shape, strides)


def _record(storage, dtype, offset, shape, strides):
    if not isinstance(storage, Storage):
        raise Refused("a tensor has no storage")
    counts = (offset, *shape, *strides) if isinstance(shape, tuple) and isinstance(strides, tuple) else (None,)
    if not all(map(_is_count, counts)) or len(shape) != len(strides) or len(shape) > 32:
        raise Refused("a tensor has a shape, strides or offset that are not counts")
    size = math.prod(shape)
    if math.prod(max(length, 1) for length in shape) * dtype.itemsize > MAX_BYTES:
        raise Refused(f"a tensor has the shape {' x '.join(str(length)[:20] for length in shape[:4])}")
    record = TensorRecord(storage, dtype, offset, shape, strides)
    last = offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    space = storage.size * storage.dtype.itemsize
    if size and (last + 1) * dtype.itemsize > space:
        raise Refused("a tensor ends behind its storage")
    if size * dtype.itemsize > space and size > MAX_REPEATED:
        raise Refused(f"a tensor repeats the {storage.size} numbers of its storage {size} times")
    return record


def _parameter(tensor, *_):
    if not isinstance(tensor, TensorRecord):
        raise Refused("a parameter has no tensor")
    return tensor


def _ordered_dict(pairs=(), *_):
    items = dict(pairs) if isinstance(pairs, list | tuple) else None
    if items is None or not all(isinstance(key, str | int) for key in items):
        raise Refused("an OrderedDict has items that are no pairs")
    return items


def _size(lengths=(), *_):
    return tuple(lengths)


def _is_count(value):
    return type(value) is int and 0 <= value < MAX_BYTES


FUNCTIONS = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_with_type,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "collections.OrderedDict": _ordered_dict,
    "torch.Size": _size,
}
"""{what a pickle may call: what we do instead}."""
