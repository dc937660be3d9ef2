"""Longest common subsequences with one sequence, by bits: Hyyrö, 2004, "Bit-parallel LCS-length computation revisited"."""

from collections.abc import Iterable, Sequence


class Subsequences:
    """Lengths of the longest common subsequences with `sequence`, of texts that grow token by token.

    >>> lengths = Subsequences("abcd")
    >>> lengths.of("xbxd")
    2
    """

    def __init__(self, sequence: Sequence):
        self._positions = {}
        for position, item in enumerate(sequence):
            self._positions[item] = self._positions.get(item, 0) | 1 << position
        self._all = (1 << len(sequence)) - 1

    def start(self) -> int:
        """The state of the empty text. Each bit that is cleared later is one more common item."""
        return self._all

    def extend(self, bits: int, items: Iterable) -> int:
        for item in items:
            matches = bits & self._positions.get(item, 0)
            if matches:
                bits = ((bits + matches) | (bits - matches)) & self._all
        return bits

    def length(self, bits: int) -> int:
        return (self._all ^ bits).bit_count()

    def of(self, items: Iterable) -> int:
        return self.length(self.extend(self._all, items))
