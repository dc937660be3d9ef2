"""The wire format of protocol buffers, as far as TensorFlow's checkpoints and SentencePiece models use it.

https://protobuf.dev/programming-guides/encoding. Numbers are varints: 7 bits per byte, lowest first.
"""

import struct
from collections.abc import Iterator, Mapping


class Malformed(ValueError):
    """Bytes that are no message."""


class Fixed32(int):
    """A number that is stored in four bytes instead of a varint."""


def varint(data: bytes, position: int) -> tuple[int, int]:
    """An unsigned number of 7 bits per byte, and the position after it.

    Raises:
        IndexError: The data ends before the number does.
        Malformed: The number has more than 64 bits.
    """
    value = shift = 0
    while True:
        if shift > 63:
            raise Malformed(f"a number of more than 64 bits at byte {position}")
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def encoded(value: int) -> bytes:
    """`value` as a varint."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yields (field number, int or bytes). Raises Malformed or IndexError for what is no message."""
    if not isinstance(message, bytes):
        raise Malformed("a number where a message should be")
    position = 0
    while position < len(message):
        tag, position = varint(message, position)
        kind = tag & 7
        if kind == 0:
            value, position = varint(message, position)
        elif kind == 2:
            length, position = varint(message, position)
            value, position = message[position : position + length], position + length
            if position > len(message):
                raise Malformed("a field that is longer than its message")
        elif kind == 5:
            if position + 4 > len(message):
                raise Malformed("a field that is longer than its message")
            value, position = struct.unpack_from("<I", message, position)[0], position + 4
        else:
            raise Malformed(f"wire type {kind} at byte {position}")
        yield tag >> 3, value


def number(message: Mapping[int, int | bytes], field: int, default: int = 0) -> int:
    """A number among the fields of a message. Raises Malformed if the field holds bytes."""
    value = message.get(field, default)
    if not isinstance(value, int):
        raise Malformed(f"bytes in field {field}, where a number should be")
    return value


def message(fields: Mapping[int, int | bytes]) -> bytes:
    """The bytes of {field number: int, Fixed32 or bytes}."""
    out = b""
    for field, value in fields.items():
        if isinstance(value, Fixed32):
            out += encoded(field << 3 | 5) + struct.pack("<I", value)
        elif isinstance(value, int):
            out += encoded(field << 3) + encoded(value)
        else:
            out += encoded(field << 3 | 2) + encoded(len(value)) + value
    return out
