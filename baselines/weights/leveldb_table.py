"""LevelDB's table format, the index of TensorFlow's checkpoints: sorted (key, value) in checksummed blocks.

After a block come a byte (0: not compressed) and a checksum; an index block lists the blocks; a footer ends the file.
https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

import struct
from collections.abc import Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.protocol_buffers import Malformed, encoded, varint
from baselines.weights.crc32c import crc32c, masked

MAGIC = 0xDB4775248B80FB57
FOOTER_SIZE = 48
ENTRIES_PER_BLOCK = 64


def read_table(path: Path) -> list[tuple[bytes, bytes]]:
    """The (key, value) pairs of a file. Raises InputError if it is truncated, corrupted, compressed or something else."""
    table = path.read_bytes()
    if len(table) < FOOTER_SIZE or struct.unpack("<Q", table[-8:])[0] != MAGIC:
        raise InputError(
            f"{path}: truncated, or not the index of a TensorFlow V2 checkpoint ({len(table)} bytes without its end mark). "
            "Copy or download it again."
        )
    try:
        _, _, offset, size = _numbers(table[-FOOTER_SIZE:], 4)     # of the filters, of the index block
        handles = [_numbers(handle, 2) for _, handle in _block_items(_block(table, offset, size, path))]
        return [item for handle in handles for item in _block_items(_block(table, *handle, path))]
    except (IndexError, struct.error, Malformed) as error:
        raise InputError(f"{path}: corrupted, a block lies beyond the end of the file. Copy or download it again.") from error


def _numbers(data, count):
    numbers, position = [], 0
    for _ in range(count):
        number, position = varint(data, position)
        numbers.append(number)
    return numbers


def _block(table, offset, size, path):
    """The bytes of one block, verified."""
    end = offset + size + 1
    if struct.unpack("<I", table[end : end + 4])[0] != masked(crc32c(table[offset:end])):
        raise InputError(f"{path}: corrupted, the checksum of a block does not match. Copy or download it again.")
    if table[end - 1]:
        raise InputError(f"{path}: compressed blocks (type {table[end - 1]}) are not implemented. Restore and save the checkpoint "
                         "once with tf.compat.v1.train.Saver.")  # fmt: skip
    return table[offset : end - 1]


def _block_items(block):
    """Yields (key, value). Of a key only what differs from the one before is stored; an array of positions ends the block."""
    end = len(block) - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    position, key = 0, b""
    while position < end:
        shared, position = varint(block, position)
        own, position = varint(block, position)
        length, position = varint(block, position)
        key = key[:shared] + block[position : position + own]
        position += own
        yield key, block[position : position + length]
        position += length


def write_table(entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The bytes of a table of sorted (key, value)."""
    out, blocks = bytearray(), []
    for start in range(0, len(entries), ENTRIES_PER_BLOCK):
        chunk = entries[start : start + ENTRIES_PER_BLOCK]
        blocks.append((chunk[-1][0] + b"\0", _append_block(out, chunk)))
    footer = _append_block(out, []) + _append_block(out, blocks)    # no filters
    return bytes(out) + footer.ljust(FOOTER_SIZE - 8, b"\0") + struct.pack("<Q", MAGIC)


def _append_block(out, entries):
    """Appends a block that shares no keys, and returns its handle."""
    block, restarts = bytearray(), []
    for key, value in entries:
        restarts.append(len(block))
        block += encoded(0) + encoded(len(key)) + encoded(len(value)) + key + value
    restarts = restarts or [0]
    block += struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))
    handle = encoded(len(out)) + encoded(len(block))
    block += b"\0"  # not compressed
    out += block + struct.pack("<I", masked(crc32c(block)))
    return handle
