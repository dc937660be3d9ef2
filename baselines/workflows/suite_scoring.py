"""Scores the vectors of a model on a suite of sets, with TF-IDF and BM25 beside. `evaluate --suite` stands on it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.data.embedding_suite import SuiteSet
from baselines.retrieval.fusion import fuse
from baselines.retrieval.lexical_index.counting import lexical_index
from baselines.retrieval.lexical_index.terms import terms_of
from baselines.retrieval.lexical_index.tf_idf import TfIdf
from baselines.runtime.progress import Display
from baselines.runtime.text_table import aligned

DEPTH = 100
"""Texts of each ranking that are fused."""


class ByVectors:
    """Compares texts by the cosine of a model's vectors. encode: texts -> float32 (N, D) of length 1."""

    def __init__(self, encode: Any):
        self._encode = encode

    def pairs(self, texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
        return (self._encode(texts) * self._encode(others)).sum(1)

    def searches(self, queries: Sequence[str], corpus: Sequence[str]) -> np.ndarray:
        return self._encode(queries) @ self._encode(corpus).T


class ByCharacters:
    """Compares texts by the cosine of their TF-IDF vectors."""

    def pairs(self, texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
        table = TfIdf([*texts, *others])
        return np.asarray((table.vectors(texts) * table.vectors(others)).sum(axis=1)).ravel()

    def searches(self, queries: Sequence[str], corpus: Sequence[str]) -> np.ndarray:
        table = TfIdf(corpus)
        return (table.vectors(queries) @ table.vectors(corpus).T).toarray()


class ByWords:
    """Compares texts by BM25, the first one as the query."""

    def pairs(self, texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
        index = lexical_index(others)
        return np.array([index.scores(terms_of(text))[number] for number, text in enumerate(texts)])

    def searches(self, queries: Sequence[str], corpus: Sequence[str]) -> np.ndarray:
        index = lexical_index(corpus)
        return np.stack([index.scores(terms_of(query)) for query in queries])


def score_suite(name: str, encode: Any, suite: Sequence[SuiteSet], display: Display) -> dict[str, dict[str, dict[str, float]]]:
    """Scores a model, TF-IDF of characters, BM25, and for retrieval the model and BM25 fused.

    Args:
        name: Name of the model.
        encode: Texts -> float32 (N, D) of length 1.
        suite: The sets.
        display: Shows progress.

    Returns:
        {way: {set: {score: value}}}; the main score of a set is its first.
    """
    ways = {name: ByVectors(encode), "TF-IDF": ByCharacters(), "BM25": ByWords()}
    both, found = f"{name} + BM25", {}
    for each in display.track(suite, "sets", len(suite)):
        if each.kind != "retrieval":
            for way, compare in ways.items():
                tuning = None if each.tune is None else compare.pairs(*each.tune[:2])
                found.setdefault(way, {})[each.name] = each.scores(compare.pairs(each.texts, each.others), tuning)
            continue
        similarities = {way: compare.searches(each.texts, each.corpus) for way, compare in ways.items()}
        similarities[both] = fused(similarities[name], similarities["BM25"], each)
        for way, values in similarities.items():
            found.setdefault(way, {})[each.name] = each.scores(np.array(values))
    return found


def fused(one: np.ndarray, other: np.ndarray, each: SuiteSet) -> np.ndarray:
    """float (N, C): reciprocal ranks of the first texts of both rankings, as a hybrid search fuses them with even weights."""
    places, result = {text: place for place, text in enumerate(each.corpus)}, np.zeros(one.shape)
    for row, query in enumerate(each.texts):
        rankings = [_first(values[row], places.get(query)) for values in (one, other)]
        for place, score in fuse(rankings, (1, 1), 2 * DEPTH):
            result[row, place] = score
    return result


def _first(values, own):
    """Places of the first texts, without the query's own and, as with BM25, those that have nothing in common with it."""
    order = np.argsort(-values, kind="stable")[: DEPTH + 1].tolist()
    return [place for place in order if place != own and values[place] != 0][:DEPTH]


def suite_table(suite: Sequence[SuiteSet], found: dict) -> str:
    """Main scores of each way on each set, and their mean where a way has all."""
    names = [each.name for each in suite]
    lines = [["", *names, "mean"], ["", *(each.main for each in suite), ""]]
    for way, sets in found.items():
        main = [next(iter(sets[name].values())) if name in sets else None for name in names]
        mean = f"{np.mean(main):.4f}" if None not in main else "-"
        lines.append([way, *("-" if value is None else f"{value:.4f}" for value in main), mean])
    return aligned(lines, "<>").rstrip("\n")
