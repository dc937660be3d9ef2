"""Files as torch.save writes them, made without torch: pickles of protocol 2 by hand, in a zip archive or in the legacy format."""

import dataclasses
import pickle
import struct
import zipfile

import numpy as np

STORAGE_TYPES = {"float64": "Double", "float32": "Float", "float16": "Half", "bfloat16": "BFloat16", "int64": "Long",
                 "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool"}  # fmt: skip
MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001


@dataclasses.dataclass
class Name:
    """torch.FloatStorage and the like: an opcode GLOBAL."""

    module: str
    name: str


@dataclasses.dataclass
class Call:
    """An opcode REDUCE."""

    function: object
    arguments: object


@dataclasses.dataclass
class Persistent:
    """An opcode BINPERSID."""

    value: object


@dataclasses.dataclass
class Built:
    """An opcode BUILD: a value with a state."""

    value: object
    state: object


@dataclasses.dataclass
class Raw:
    """Opcodes that leave one value on the stack."""

    opcodes: bytes


@dataclasses.dataclass
class Tensor:
    """A tensor in the storage `key`, whose numbers are `numbers`; view is that of the legacy format."""

    key: str
    numbers: np.ndarray
    shape: tuple
    strides: tuple
    offset: int = 0
    view: tuple | None = None
    version: int = 2


def contiguous(key, array):
    """The Tensor of an array alone in its storage."""
    array = np.ascontiguousarray(array)
    return Tensor(key, array.reshape(-1), array.shape, tuple(stride // array.itemsize for stride in array.strides))


def opcodes(value, legacy=False):
    """The opcodes of a value, without PROTO and STOP."""
    inner = lambda item: opcodes(item, legacy)  # noqa: E731
    match value:
        case Raw():
            return value.opcodes
        case Name():
            return f"c{value.module}\n{value.name}\n".encode()
        case Call():
            return inner(value.function) + inner(value.arguments) + b"R"
        case Persistent():
            return inner(value.value) + b"Q"
        case Built():
            return inner(value.value) + inner(value.state) + b"b"
        case Tensor():
            return inner(rebuilt(value, legacy))
        case tuple():
            return b"(" + b"".join(map(inner, value)) + b"t"
        case list():
            return b"](" + b"".join(map(inner, value)) + b"e"
        case dict():
            return b"}(" + b"".join(inner(part) for item in value.items() for part in item) + b"u"
        case str():
            encoded = value.encode()
            return b"X" + struct.pack("<I", len(encoded)) + encoded
        case _:                                                         # None, bool, int, float
            return pickle.dumps(value, protocol=2)[2:-1]


def pickled(value, legacy=False):
    """A whole pickle of protocol 2."""
    return b"\x80\x02" + opcodes(value, legacy) + b"."


def rebuilt(tensor, legacy):
    kind = Name("torch", f"{STORAGE_TYPES[tensor.numbers.dtype.name]}Storage")
    identity = ("storage", kind, tensor.key, "cpu", tensor.numbers.size) + ((tensor.view,) if legacy else ())
    arguments = (Persistent(identity), tensor.offset, tensor.shape, tensor.strides)
    if tensor.version == 2:
        arguments += (False, Call(Name("collections", "OrderedDict"), ()))
    return Call(Name("torch._utils", "_rebuild_tensor" + ("_v2" if tensor.version == 2 else "")), arguments)


def storages(value):
    """{key: numbers} of all tensors in a value."""
    match value:
        case Tensor():
            return {value.key: value.numbers}
        case Call():
            return storages(value.arguments)
        case Built():
            return storages(value.value)
        case dict():
            return {key: numbers for item in value.values() for key, numbers in storages(item).items()}
        case tuple() | list():
            return {key: numbers for item in value for key, numbers in storages(item).items()}
        case _:
            return {}


def write_zip(path, value, compression=zipfile.ZIP_STORED, order="little", content=None, extra=None):
    """The archive of torch 1.6 and later; `content` replaces the pickle, `extra` is {name: bytes} of more entries."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled(value) if content is None else content)
        archive.writestr("archive/byteorder", order)
        for key, numbers in storages(value).items():
            archive.writestr(f"archive/data/{key}", numbers.tobytes())
        archive.writestr("archive/version", "3\n")
        for name, data in (extra or {}).items():
            archive.writestr(name, data)


def write_legacy(path, value, little_endian=True, content=None):
    """The pickles and storages of torch before 1.6."""
    kept = storages(value)
    sizes = {"short": 2, "int": 4, "long": 4}
    types = {"protocol_version": VERSION, "little_endian": little_endian, "type_sizes": sizes}
    parts = [pickled(part) for part in (MAGIC, VERSION, types)]
    parts += [pickled(value, legacy=True) if content is None else content, pickled(list(kept))]
    parts += [struct.pack("<q", numbers.size) + numbers.tobytes() for numbers in kept.values()]
    path.write_bytes(b"".join(parts))


WRITERS = {"zip": write_zip, "legacy": write_legacy}
