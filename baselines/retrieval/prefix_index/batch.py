"""The next tokens of many states of an index at once, without a loop: one search step of the beams of all questions."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.storage.ragged_array import ranges


def next_tokens(index: Any, states: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Finds the tokens that may follow each state.

    Args:
        index: A PrefixIndex.
        states: States, or None for a prefix outside the index.

    Returns:
        (int32 (T,), tokens of all states, ascending within a state; int64 (N,), number of tokens of each state). None and complete
        keys have no tokens.
    """
    nowhere, count = (index.parts, 0, 0, 0), len(states)
    numbers = itertools.chain.from_iterable(state or nowhere for state in states)
    parts, low, high, depth = np.fromiter(numbers, np.int64, 4 * count).reshape(-1, 4).T
    parts_of_tokens, owners = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
    for part in np.unique(parts[parts < index.parts]).tolist():
        rows = np.flatnonzero(parts == part)
        tokens, owner = _of_nodes(index.trie, low[rows]) if part == 0 else _of_keys(index, part, low[rows], high[rows], depth[rows])
        parts_of_tokens.append(tokens)
        owners.append(rows[owner])
    tokens, owner = np.concatenate(parts_of_tokens), np.concatenate(owners)
    if len(parts_of_tokens) > 2:                                      # places in several parts of keys
        order = np.argsort(owner, kind="stable")
        tokens, owner = tokens[order], owner[order]
    return tokens, np.bincount(owner, minlength=count)


def _of_nodes(trie, nodes):
    first = trie.children[nodes].astype(np.int64)
    counts = trie.children[nodes + 1] - first
    if counts.sum() > len(trie.labels) * len(nodes) or (counts < 0).any():
        raise ValueError("nodes with more children than the trie has")     # before arrays of that size are made
    return trie.labels[ranges(first, counts)].astype(np.int32), np.repeat(np.arange(len(nodes)), counts)


def _of_keys(index, part, low, high, depth):
    counts = high - low
    owner = np.repeat(np.arange(len(low)), counts)
    tokens = index.tokens_of(part, ranges(low, counts), depth[owner])
    is_new = np.ones(len(tokens), bool)
    is_new[1:] = (tokens[1:] != tokens[:-1]) | (owner[1:] != owner[:-1])
    return tokens[is_new], owner[is_new]
