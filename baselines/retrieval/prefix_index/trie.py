"""A prefix tree over token ids as two arrays, numbered level by level, so that the children of a node are neighbours.

Node 0 is the root; the children of node n are children[n] .. children[n + 1], in the order of their labels. Two small numbers a
node, and a step down is one binary search in a few neighbours.
"""

import dataclasses
import itertools
from collections.abc import Iterable

import numpy as np

from baselines.storage.ragged_array import RaggedArray, smallest_unsigned


@dataclasses.dataclass(frozen=True)
class Trie:
    """labels[n], token on the way to node n; children (nodes + 1,), as above."""

    labels: np.ndarray
    children: np.ndarray

    def next(self, node: int) -> np.ndarray:
        """Labels of the children of a node, ascending: a view."""
        return self.labels[self.children[node] : self.children[node + 1]]

    def child(self, node: int, label: int) -> int | None:
        """The child reached by `label`, or None."""
        first, labels = int(self.children[node]), self.next(node)
        position = int(labels.searchsorted(labels.dtype.type(label)))
        return first + position if position < len(labels) and labels[position] == label else None

    def parent(self, node: int) -> int:
        """The node that `node`, which is not the root, is a child of."""
        return int(self.children.searchsorted(self.children.dtype.type(node), side="right")) - 1

    def without(self, leaves: Iterable[int]) -> set[int]:
        """set of nodes behind which there is nothing but these leaves, themselves included."""
        covered, new = set(leaves), set(leaves)
        while new:
            parents = {self.parent(node) for node in new if node}
            new = {node for node in parents if covered.issuperset(range(self.children[node], self.children[node + 1]))} - covered
            covered |= new
        return covered


def build_trie(sequences: RaggedArray, vocab_size: int) -> tuple[Trie, np.ndarray]:
    """(Trie, node at which each sequence ends: int64 (R,)) of a RaggedArray of token ids; no sequence is empty."""
    lengths, offsets = sequences.lengths, sequences.offsets.astype(np.int64)
    position = np.zeros(len(sequences), np.int64)           # of each sequence's node on its level
    ends = np.zeros(len(sequences), np.int64)
    labels, counts = [np.zeros(1, np.int64)], []
    active, depth, level_size, known = np.arange(len(sequences)), 0, 1, 1
    while len(active):
        edges = position[active] * vocab_size + sequences.values[offsets[active] + depth]
        edges, position[active] = np.unique(edges, return_inverse=True)
        counts.append(np.bincount(edges // vocab_size, minlength=level_size))
        labels.append(edges % vocab_size)
        ends[active] = known + position[active]
        known, level_size, depth = known + len(edges), len(edges), depth + 1
        active = active[lengths[active] > depth]
    counts.append(np.zeros(level_size, np.int64))
    children = np.ones(known + 1, smallest_unsigned(known, least=np.uint32))
    children[1:] += np.cumsum(np.concatenate(counts)).astype(children.dtype)
    return Trie(np.concatenate(labels).astype(smallest_unsigned(vocab_size)), children), ends


def lexicographic_order(sequences: RaggedArray) -> tuple[np.ndarray, np.ndarray]:
    """(rows of ragged token ids sorted by their ids, equal ones in order; for each in that order the number of its value)."""
    big_endian = sequences.values.astype(">u4")
    keys = [big_endian[first:last].tobytes() for first, last in itertools.pairwise(sequences.offsets.tolist())]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    is_new = [keys[row] != keys[before] for before, row in itertools.pairwise(order)]
    return np.array(order, np.int64), np.cumsum([0, *is_new])[: len(order)]
