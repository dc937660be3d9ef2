"""Reads the value of a pickle without running anything: few opcodes are known, and names stay names.

pickletools decodes the opcodes, and this file gives each its meaning on a stack. Nothing is imported, and nothing is called but the
functions that the reader passes, by full name: whatever else a file asks for is refused with that name.
https://github.com/python/cpython/blob/main/Lib/pickletools.py describes the opcodes.
"""

import dataclasses
import pickletools
from collections.abc import Callable, Mapping
from typing import IO

from baselines.errors import excerpt

MAX_OPCODES = 5_000_000
"""Each takes up to 100 bytes of memory, so this bounds what a hostile file can take; 10,000 tensors need half a million."""


class Refused(ValueError):
    """A pickle asks for something that weights do not need. The message is one clause."""


class Corrupted(Refused):
    """A pickle ends too early, or makes no sense."""


@dataclasses.dataclass(frozen=True)
class Global:
    """A name that a pickle mentions, such as torch.FloatStorage. It is never looked up."""

    name: str


def read_pickle(stream: IO[bytes], functions: Mapping[str, Callable], names: set[str], persistent: Callable) -> object:
    """The value of the next pickle of a stream, which then is behind it.

    Args:
        stream: Binary file in memory (BytesIO or mmap: a read of more than there is must take no memory).
        functions: {full name: function of the arguments} that a pickle may call.
        names: Full names that it may mention besides, which become `Global`.
        persistent: Called with a persistent id, a value of the pickle; what it returns takes its place.

    Raises:
        Refused: The pickle asks for anything else; Corrupted if it ends too early or makes no sense.
    """
    machine = _Machine(functions, names, persistent)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count > MAX_OPCODES:
                raise Refused(f"it has more than {MAX_OPCODES} opcodes")
            if opcode.name in CONSTANTS:
                machine.stack.append(CONSTANTS[opcode.name])
            elif opcode.name in LITERALS:
                machine.stack.append(argument)
            elif opcode.name in MEANINGS:
                MEANINGS[opcode.name](machine, argument)
            else:
                raise Refused(f"it uses the opcode {opcode.name}{_asking_for(opcode.name, argument)}")
        return machine.stack.pop()
    except Refused:
        raise
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError, AttributeError) as error:
        raise Corrupted(excerpt(f"{type(error).__name__}: {error}")) from error


class _Machine:
    def __init__(self, functions, names, persistent):
        self.functions, self.names, self.persistent = functions, names, persistent
        self.stack, self.below, self.memo = [], [], {}

    def push(self, value):
        self.stack.append(value)

    def mark(self, _):
        self.below.append(self.stack)
        self.stack = []

    def above_mark(self):
        """Everything above the mark, which is removed."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def mention(self, name):
        if name not in self.functions and name not in self.names:
            raise Refused(f"it asks for {name}")
        self.stack.append(Global(name))

    def global_(self, argument):
        self.mention(argument.replace(" ", ".", 1))

    def stack_global(self, _):
        name, module = self.stack.pop(), self.stack.pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise Refused("it asks for a name that is no text")
        self.mention(f"{module}.{name}")

    def reduce(self, _):
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Global) or function.name not in self.functions:
            raise Refused(f"it calls {function.name if isinstance(function, Global) else 'a value that is no function'}")
        if not isinstance(arguments, tuple):
            raise Refused(f"it calls {function.name} without a tuple of arguments")
        self.stack.append(self.functions[function.name](*arguments))

    def build(self, _):
        """Only a dict has a state, the `_metadata` of PyTorch's modules, and nothing needs it."""
        self.stack.pop()
        if not isinstance(self.stack[-1], dict):
            raise Refused("it sets the state of an object")

    def persistent_id(self, _):
        self.stack.append(self.persistent(self.stack.pop()))

    def put(self, index):
        self.memo[index] = self.stack[-1]

    def memoize(self, _):
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, index):
        self.stack.append(self.memo[index])

    def tuple_of(self, count):
        items = self.stack[len(self.stack) - count :]
        if len(items) < count:
            raise IndexError("tuple")
        del self.stack[len(self.stack) - count :]
        self.stack.append(tuple(items))

    def append(self, items):
        if not isinstance(self.stack[-1], list):
            raise Refused("it appends to a value that is no list")
        self.stack[-1].extend(items)

    def set_items(self, items):
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise Refused("it sets the items of a value that is no dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | int):
                raise Refused(f"a dict has a key of type {type(key).__name__}")
            target[key] = value

    def new_dict(self, items):
        self.stack.append({})
        self.set_items(items)

    def pair(self):
        value, key = self.stack.pop(), self.stack.pop()
        return [key, value]


def _asking_for(opcode, argument):
    return f" for {argument.replace(' ', '.', 1)}" if opcode == "INST" else ""


CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
LITERALS = {"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
            "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}  # fmt: skip
MEANINGS = {
    "PROTO": lambda machine, _: None,
    "FRAME": lambda machine, _: None,
    "STOP": lambda machine, _: None,
    "MARK": _Machine.mark,
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "LIST": lambda machine, _: machine.push(machine.above_mark()),
    "DICT": lambda machine, _: machine.new_dict(machine.above_mark()),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.above_mark())),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "APPEND": lambda machine, _: machine.append([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.append(machine.above_mark()),
    "SETITEM": lambda machine, _: machine.set_items(machine.pair()),
    "SETITEMS": lambda machine, _: machine.set_items(machine.above_mark()),
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.memoize,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "GLOBAL": _Machine.global_,
    "STACK_GLOBAL": _Machine.stack_global,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent_id,
}
"""{opcode: function of (machine, argument)}. What is not here, in LITERALS or in CONSTANTS is refused: INST, OBJ, NEWOBJ, EXT1 …"""
