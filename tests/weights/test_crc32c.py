"""Published values (RFC 3720, B.4) and the bit-by-bit definition."""

import numpy as np
import pytest

from baselines.weights.crc32c import PIECE, crc32c


def bit_by_bit(data):
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_published_values(data, expected):
    assert crc32c(data) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 63, 64, 65, 1023, 4099])
def test_any_size(size):
    data = np.random.default_rng(size).integers(0, 256, size).astype(np.uint8).tobytes()
    assert crc32c(data) == bit_by_bit(data)


def test_a_bit_in_a_later_piece_counts():
    data = np.zeros(2 * PIECE + 7, np.uint8)
    clean = crc32c(data)
    data[PIECE + 5] ^= 4
    assert crc32c(data) != clean
    data[PIECE + 5] ^= 4
    assert crc32c(data) == clean


def test_pieces_add_up():
    """The same bytes after a shift of the piece boundary, seen through the definition of the state."""
    data = np.random.default_rng(0).integers(0, 256, PIECE + 1000).astype(np.uint8)
    state = crc32c(data[:PIECE]) ^ 0xFFFFFFFF
    for byte in data[PIECE:].tolist():
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    assert crc32c(data) == state ^ 0xFFFFFFFF
