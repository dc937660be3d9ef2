"""Targets of tables of scores: the numbers of the positive cells of each label."""

from collections.abc import Sequence

import numpy as np

MIN_TARGETS = 4
"""Smallest number of targets of a label in a batch; larger ones are powers of two, so that few shapes compile."""


def table_targets(cells: Sequence[np.ndarray], labels: int, length: int) -> np.ndarray:
    """int32 (B, labels, P): start * L + end of the cells (label, start, end) of each row, padded with -1; P is a power of two."""
    largest = max((int(np.bincount(row[:, 0]).max()) for row in cells if len(row)), default=1)
    result = np.full((len(cells), labels, max(MIN_TARGETS, 1 << (largest - 1).bit_length())), -1, np.int32)
    for row, of_row in enumerate(cells):
        counts = [0] * labels
        for label, start, end in of_row:
            result[row, label, counts[label]] = start * length + end
            counts[label] += 1
    return result
