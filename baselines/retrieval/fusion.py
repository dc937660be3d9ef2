"""Reciprocal rank fusion: one ranking of several, by ranks alone. Cormack et al., 2009, doi:10.1145/1571941.1572114.

    score = Σ over the rankings of  weight / (60 + rank)

A cosine and a BM25 score have no common scale; their ranks have.
"""

from collections.abc import Sequence

CONSTANT = 60
"""As published: how little the first ranks differ."""


def fuse(rankings: Sequence[Sequence[int]], weights: Sequence[float], k: int) -> list[tuple[int, float]]:
    """Fuses rankings of items.

    Args:
        rankings: Items of each ranking, best first, none twice.
        weights: Weight of each ranking, at least 0.
        k: Number of items to return.

    Returns:
        At most k (item, score), best first; of equal scores the one that an earlier ranking has first.
    """
    scores = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        if weight:
            for rank, item in enumerate(ranking, 1):
                scores[item] = scores.get(item, 0.0) + weight / (CONSTANT + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])[:k]
