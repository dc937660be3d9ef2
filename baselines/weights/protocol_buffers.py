"""The wire format of protocol buffers, as far as TensorFlow's checkpoints use it.

https://protobuf.dev/programming-guides/encoding. Numbers are varints: 7 bits per byte, lowest first.
"""

import struct


class Malformed(ValueError):
    """Bytes that are no message."""


class Fixed32(int):
    """A number that is stored in four bytes instead of a varint."""


def varint(data, position):
    """An unsigned number of 7 bits per byte, and the position after it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def encoded(value):
    """`value` as a varint."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def fields(message):
    """Yields (field number, int or bytes)."""
    position = 0
    while position < len(message):
        tag, position = varint(message, position)
        kind = tag & 7
        if kind == 0:
            value, position = varint(message, position)
        elif kind == 2:
            length, position = varint(message, position)
            value, position = message[position : position + length], position + length
        elif kind == 5:
            value, position = struct.unpack_from("<I", message, position)[0], position + 4
        else:
            raise Malformed(f"wire type {kind} at byte {position}")
        yield tag >> 3, value


def message(fields):
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
