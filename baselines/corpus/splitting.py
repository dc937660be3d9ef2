"""Train, dev and test of one set: by share or number, at random, in the proportions of a label, and nothing leaks across.

Records that have the same text (case, white space and punctuation aside), or the same value of a field such as the
user, are a group, also by way of others; a group is never torn apart.
"""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def sizes(count: int, dev: float, test: float) -> tuple[int, int]:
    """(records of dev, of test): a number from 1 on is that many, below it a share."""
    return tuple(round(count * wanted) if wanted < 1 else int(wanted) for wanted in (dev, test))


def groups_of(*keys: np.ndarray) -> np.ndarray:
    """int (records,): the number of each one's group: those connected by equal numbers in any of `keys`, int arrays."""
    count, rows, columns, offset = len(keys[0]), [], [], len(keys[0])
    for key in keys:
        _, numbers = np.unique(key, return_inverse=True)
        rows.append(np.arange(count))
        columns.append(offset + numbers)
        offset += int(numbers.max(initial=-1)) + 1
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), (offset, offset))
    return np.unique(connected_components(graph, directed=False)[1][:count], return_inverse=True)[1]


def split(groups: np.ndarray, labels: np.ndarray, dev: int, test: int, seed: int) -> np.ndarray:
    """The part of each record, int8 (records,): 0 train, 1 dev, 2 test.

    A group has the label of its first record. Each label gets its share of dev and test, by largest remainders.

    Args:
        groups: int (records,), numbers from 0.
        labels: int (records,), numbers from 0; all equal for no stratification.
        dev: records of dev; there may be fewer, because groups that do not fit go elsewhere.
        test: records of test, likewise.
        seed: the same seed gives the same parts.
    """
    random = np.random.default_rng(seed)
    _, first, members = np.unique(groups, return_index=True, return_counts=True)
    label = labels[first]
    totals = np.bincount(label, members).astype(int)
    part = np.zeros(len(members), np.int8)
    for number, wanted in ((2, test), (1, dev)):
        for each, room in enumerate(shares(totals, wanted)):
            candidates = np.flatnonzero((label == each) & (part == 0))
            chosen = fitting(members, random.permutation(candidates), room)
            part[chosen] = number
    return part[groups]


def shares(totals: np.ndarray, wanted: int) -> np.ndarray:
    """How `wanted` is spread over labels in proportion to `totals`: whole numbers, by largest remainders."""
    exact = wanted * totals / max(1, totals.sum())
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: wanted - counts.sum()]] += 1
    return counts


def fitting(members: np.ndarray, candidates: np.ndarray, room: int) -> list[int]:
    """The candidates, one after the other, that still fit into `room` records."""
    chosen = []
    for group in candidates:
        if members[group] <= room:
            chosen.append(group)
            room -= members[group]
        if not room:
            break
    return chosen
