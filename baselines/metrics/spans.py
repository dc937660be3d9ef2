"""Entities, and their F1 over exact characters: per category, macro and micro."""

import collections
from collections.abc import Sequence
from typing import NamedTuple


class Entity(NamedTuple):
    """Characters [start, end) of a text, what they are, and the characters themselves."""

    start: int
    end: int
    category: str
    text: str


def span_f1(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"macro_f1", "micro_f1", "f1/CATEGORY" …}, each in [0, 1]; CLUENER's leaderboard shows macro_f1.

    golds, predictions  per example its Entities; each counts once, and is right if start, end and category are
    Macro is the mean over the categories that occur in golds or predictions; one that is only predicted counts 0. Where
    there is no entity at all, predicting none scores 1.
    """
    if len(golds) != len(predictions) or not golds:
        raise ValueError(f"span_f1: {len(golds)} gold and {len(predictions)} predicted items. Give one prediction per gold.")
    counts = collections.defaultdict(collections.Counter)
    for gold, predicted in zip(golds, predictions, strict=True):
        gold, predicted = ({tuple(entity[:3]) for entity in entities} for entities in (gold, predicted))
        for name, entities in (("gold", gold), ("predicted", predicted), ("right", gold & predicted)):
            for _, _, category in entities:
                counts[category][name] += 1
    scores = {category: f1(**counts[category]) for category in sorted(counts)}
    macro = sum(scores.values()) / len(scores) if scores else 1.0
    micro = f1(**sum(counts.values(), collections.Counter()))
    return {"macro_f1": macro, "micro_f1": micro, **{f"f1/{category}": score for category, score in scores.items()}}


def f1(gold: int = 0, predicted: int = 0, right: int = 0) -> float:
    """2 right / (gold + predicted), the harmonic mean of precision and recall; 1 if both are 0."""
    return 2 * right / (gold + predicted) if gold + predicted else 1.0
