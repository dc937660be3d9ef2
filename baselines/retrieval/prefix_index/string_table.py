"""Strings become numbers once each: StringTable by their first occurrence, KeyTokenizer by the ids of their tokens."""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.storage.ragged_array import RaggedArray

_CHUNK_SIZE = 1 << 14


@dataclasses.dataclass(frozen=True)
class KeyTokenizer:
    """How the strings of keys become token ids, and which vocabulary that is.

    Args:
        tokenize: list of str -> list of sequences of ids, without special tokens.
        fingerprint: Text that differs between vocabularies: an index belongs to one.
        vocab_size: Size of the vocabulary.
        unknown_id: Token of what the vocabulary lacks.
        end_id: Token behind each part of a key, [SEP].
    """

    tokenize: Callable
    fingerprint: str
    vocab_size: int
    unknown_id: int
    end_id: int

    @classmethod
    def of(cls, tokenizer: Any) -> "KeyTokenizer":
        """The KeyTokenizer of a tokenizer with `ids`, `fingerprint` and a vocabulary."""
        vocabulary = tokenizer.vocabulary
        return cls(lambda texts: [tokenizer.ids(text) for text in texts], tokenizer.fingerprint(), len(vocabulary),
                   vocabulary.unk_id, vocabulary.sep_id)  # fmt: skip

    def sequences(self, texts: list[str], report: Callable) -> RaggedArray:
        """RaggedArray of the ids of each text with the end behind them. A text without any token is the unknown one."""
        flat, lengths = [], []
        for first in range(0, len(texts), _CHUNK_SIZE):
            report("tokenizing", first, len(texts))
            rows = self.tokenize(texts[first : first + _CHUNK_SIZE])
            lengths.append(np.fromiter(map(len, rows), np.int64, len(rows)))
            flat.append(joined(rows))
        lengths, flat = joined(lengths), joined(flat).astype(np.int32)
        if len(flat) and not (0 <= flat.min() and flat.max() < self.vocab_size):
            raise ValueError(f"tokenize: expected ids below {self.vocab_size}. Received: {flat.min()} to {flat.max()}")
        flat[flat == self.end_id] = self.unknown_id         # an end within a string would cut its key there
        starts = np.cumsum(lengths) - lengths
        silent = np.array([bool(text) for text in texts], bool) & (lengths == 0)
        flat = np.insert(flat, starts[silent], self.unknown_id)
        lengths = lengths + silent
        return RaggedArray.of(np.insert(flat, np.cumsum(lengths), self.end_id), lengths + 1)


class StringTable(dict):
    """String -> its number, in order of first occurrence."""

    def __missing__(self, text):
        self[text] = number = len(self)
        return number

    def numbers(self, texts: list) -> np.ndarray:
        """uint32 (N,): the number of each string."""
        return np.fromiter(map(self.__getitem__, texts), np.uint32, len(texts))


def joined(rows: list) -> np.ndarray:
    """One array of sequences that are all arrays or all lists."""
    if not len(rows):
        return np.zeros(0, np.int64)
    if isinstance(rows[0], np.ndarray):
        return np.concatenate(rows)
    return np.fromiter(itertools.chain.from_iterable(rows), np.int64, sum(map(len, rows)))
