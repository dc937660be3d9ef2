"""Several blanks, one list of candidates, none of them twice: the assignment with the largest sum. Kuhn, 1955.

[[2, 1.9, 0], [3, 1, 0]] -> [1, 0], with 1.9 + 3; each blank on its own would take candidate 0
"""

from collections.abc import Sequence

import numpy as np


def assign(scores: Sequence) -> list[int]:
    """A different column for every row of `scores` (M, N), M <= N, with the largest sum: a list of M ints.

    Raises ValueError if there are more rows than columns.
    """
    from scipy.optimize import linear_sum_assignment  # here: tasks import this, and `--help` must be quick

    scores = np.asarray(scores, np.float64)
    if len(scores) > scores.shape[1]:
        raise ValueError(f"assign: expected no more rows than columns. Received: shape {scores.shape}")
    return linear_sum_assignment(scores, maximize=True)[1].tolist()
