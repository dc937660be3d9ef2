"""Maximal complete subgraphs: the sets of nodes that are all linked with each other. Bron and Kerbosch, 1973, with pivots."""

from collections.abc import Iterator

import numpy as np

MAX_NODES = 32
"""Larger graphs, which only an untrained model draws, are cut: 3^(n/3) subgraphs are possible."""


def maximal_cliques(linked: np.ndarray) -> list[tuple[int, ...]]:
    """The maximal complete subgraphs of a graph, each sorted, in order.

    Args:
        linked: bool (N, N), symmetric; the diagonal is not read. Nodes behind the first 32 are left out.

    Returns:
        Tuples of nodes; a node without links is one of its own. Each node is in at least one of them.
    """
    count = min(len(linked), MAX_NODES)
    neighbors = [set(map(int, np.flatnonzero(linked[node, :count]))) - {node} for node in range(count)]
    return sorted(tuple(sorted(clique)) for clique in _extended(set(), set(range(count)), set(), neighbors)) if count else []


def _extended(clique: set, candidates: set, excluded: set, neighbors: list) -> Iterator[set]:
    if not candidates and not excluded:
        yield clique
        return
    pivot = max(candidates | excluded, key=lambda node: len(neighbors[node] & candidates))
    for node in sorted(candidates - neighbors[pivot]):
        yield from _extended(clique | {node}, candidates & neighbors[node], excluded & neighbors[node], neighbors)
        candidates = candidates - {node}
        excluded = excluded | {node}
