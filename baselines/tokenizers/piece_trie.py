"""Finds all pieces of a vocabulary in texts: a trie in sorted arrays, walked from every character of all texts at once.

A node's children are found by binary search over (node, character) pairs. NumPy does the searches, some hundred thousand a call.
"""

from collections.abc import Sequence

import numpy as np

_BITS = 21                                                              # of a Unicode character
BETWEEN = 0x10FFFF + 1
"""Stands between texts: no character, so that no piece reaches from one text into the next."""


class PieceTrie:
    """The pieces of a vocabulary.

    Args:
        pieces: Texts, in the order of their ids; "" is never found, and of equal ones the last is.
    """

    def __init__(self, pieces: Sequence[str]):
        lengths = np.array([len(piece) for piece in pieces], np.int64)
        characters = code_points("".join(pieces))
        starts = np.cumsum(lengths) - lengths
        nodes, keys, known = np.zeros(len(pieces), np.int64), [], 0
        for depth in range(int(lengths.max(initial=0))):
            longer = np.flatnonzero(lengths > depth)
            found, inverse = np.unique((nodes[longer] << _BITS) | characters[starts[longer] + depth], return_inverse=True)
            nodes[longer] = known + 1 + inverse
            known += len(found)
            keys.append(found)                                          # parents of a level come after those of the one above
        self._keys = np.concatenate(keys) if keys else np.zeros(0, np.int64)
        self._ids = np.full(known + 1, -1, np.int64)
        self._ids[nodes] = np.arange(len(pieces))
        self._ids[0] = -1
        self._first = np.zeros(BETWEEN + 1, np.int64)                   # a table for the first character: all ask for it
        first = self._keys[: len(keys[0])] if keys else self._keys
        self._first[first] = np.arange(1, len(first) + 1)

    def find(self, characters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(starts, ends, ids), int64: all pieces in `characters` int64 (N,), from `code_points`; half-open."""
        places, depth, hits = np.arange(len(characters)), 1, []
        nodes = self._first[characters]
        while True:
            alive = np.flatnonzero(nodes)
            places, nodes = places[alive], nodes[alive]
            ids = self._ids[nodes]
            whole = np.flatnonzero(ids >= 0)
            hits.append((places[whole], places[whole] + depth, ids[whole]))
            inside = np.flatnonzero(places + depth < len(characters))
            if not len(inside):
                break
            places = places[inside]
            nodes = self._children(nodes[inside], characters[places + depth])
            depth += 1
        starts, ends, ids = (np.concatenate(part) for part in zip(*hits, strict=True))
        return starts, ends, ids

    def _children(self, nodes, characters):
        """Nodes int64, 0 without a node."""
        wanted = (nodes << _BITS) | characters
        places = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.where(self._keys[places] == wanted, places + 1, 0)


def code_points(text: str) -> np.ndarray:
    """The characters of a text as int64 (N,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
