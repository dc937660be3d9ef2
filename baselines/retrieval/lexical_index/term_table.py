"""The terms of a lexical index, each with its number, as three arrays of an index folder."""

import hashlib
from collections.abc import Iterable

import numpy as np

from baselines.storage.ragged_array import RaggedArray

NAME = "terms"


class TermTable:
    """Terms by number, in the memory of their files. A lookup takes microseconds, whatever the number of terms.

    Args:
        arrays: `terms_values`, `terms_offsets`: UTF-8 of the terms; `terms_keys`, `terms_order`: their keys in increasing order,
            and the number of the term of each.
    """

    def __init__(self, arrays: dict[str, np.ndarray]):
        self._texts = RaggedArray(arrays[f"{NAME}_values"], arrays[f"{NAME}_offsets"])
        self._keys, self._order = arrays[f"{NAME}_keys"], arrays[f"{NAME}_order"]
        if not len(self._texts) == len(self._keys) == len(self._order):
            raise ValueError("arrays of terms of different lengths")

    def __len__(self):
        return len(self._texts)

    def texts(self) -> list[str]:
        """All terms in the order of their numbers."""
        return [self._texts.text(number) for number in range(len(self))]

    def number(self, term: str) -> int | None:
        """The number of a term, or None if no text of the index has it."""
        key = _key_of(term)
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        while place < len(self._keys) and int(self._keys[place]) == key:
            number = int(self._order[place])
            if self._texts.text(number) == term:
                return number
            place += 1
        return None


def term_arrays(terms: Iterable[str]) -> dict[str, np.ndarray]:
    """The arrays of a TermTable; a term's number is its place."""
    terms = list(terms)
    keys = np.fromiter(map(_key_of, terms), np.uint64, len(terms))
    order = np.argsort(keys, kind="stable")
    texts = RaggedArray.of_texts(terms)
    return {
        f"{NAME}_values": texts.values, f"{NAME}_offsets": texts.offsets, f"{NAME}_keys": keys[order],
        f"{NAME}_order": order.astype(np.uint32),
    }  # fmt: skip


def _key_of(term):
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
