"""Longest common subsequences with one sequence, by bits: Hyyrö, 2004, "Bit-parallel LCS-length computation revisited"."""

from collections.abc import Iterable


class Subsequences:
    """Lengths of the longest common subsequences with `sequence`, of texts that grow token by token.

    >>> lengths = Subsequences("abcd")
    >>> lengths.of("xbxd")
    2
    """

    def __init__(self, sequence):
        self._places = {}
        for place, item in enumerate(sequence):
            self._places[item] = self._places.get(item, 0) | 1 << place
        self._all = (1 << len(sequence)) - 1

    def start(self) -> int:
        """What is known of the empty text: each bit that is lost later is one more item in common."""
        return self._all

    def extend(self, bits: int, items: Iterable) -> int:
        for item in items:
            matches = bits & self._places.get(item, 0)
            if matches:
                bits = ((bits + matches) | (bits - matches)) & self._all
        return bits

    def length(self, bits: int) -> int:
        return (self._all ^ bits).bit_count()

    def of(self, items: Iterable) -> int:
        return self.length(self.extend(self._all, items))
