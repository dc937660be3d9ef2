"""Rankings of candidates with grades: MRR, NDCG@k and MAP.

A grade above 0 is relevant. Among equal scores the lower grade comes first, so that a constant score earns nothing.
"""

import math
from collections.abc import Sequence

K = 10


def ranking_scores(golds: Sequence[Sequence[float]], predictions: Sequence[Sequence[float]], k: int = K) -> dict[str, float]:
    """Scores the candidates of each query.

    Args:
        golds: Grades of the candidates of each query, at least 0.
        predictions: Scores of the same candidates; a larger one ranks higher.
        k: Length of the ranking for NDCG.

    Returns:
        Means over the queries that have candidates of different grades, 0.0 without such a query. "mrr": 1 / rank of the first
        relevant candidate; "ndcg_K": discounted gain, 2^grade - 1 over log2(1 + rank), of the first k over that of the best order
        (Järvelin and Kekäläinen, 2002, doi:10.1145/582415.582418); "map": mean precision at the relevant candidates.
    """
    rows = [ranked_grades(*pair) for pair in zip(golds, predictions, strict=True) if len(set(pair[0])) > 1]
    score = lambda function: math.fsum(map(function, rows)) / len(rows) if rows else 0.0  # noqa: E731
    return {"mrr": score(reciprocal_rank), f"ndcg_{k}": score(lambda row: ndcg(row, k)), "map": score(average_precision)}


def ranked_grades(grades: Sequence[float], scores: Sequence[float]) -> list[float]:
    """The grades in the order of the scores, best first."""
    return [grade for _, grade in sorted(zip(scores, grades, strict=True), key=lambda pair: (-pair[0], pair[1]))]


def reciprocal_rank(grades: Sequence[float]) -> float:
    """1 / rank of the first relevant grade of a ranking; 0.0 without one.

    >>> reciprocal_rank([0, 0, 2])
    0.3333333333333333
    """
    return next((1 / rank for rank, grade in enumerate(grades, 1) if grade > 0), 0.0)


def average_precision(grades: Sequence[float]) -> float:
    """Mean of the precision at each relevant grade of a ranking; 0.0 without one.

    >>> average_precision([1, 0, 1])
    0.8333333333333333
    """
    relevant = [rank for rank, grade in enumerate(grades, 1) if grade > 0]
    return math.fsum(number / rank for number, rank in enumerate(relevant, 1)) / len(relevant) if relevant else 0.0


def ndcg(grades: Sequence[float], k: int) -> float:
    """Discounted gain of the first k of a ranking, over that of its best order; 0.0 without relevant grades."""
    best = _discounted_gain(sorted(grades, reverse=True)[:k])
    return _discounted_gain(grades[:k]) / best if best else 0.0


def _discounted_gain(grades):
    return math.fsum((2**grade - 1) / math.log2(1 + rank) for rank, grade in enumerate(grades, 1))
