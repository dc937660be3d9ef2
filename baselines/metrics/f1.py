"""Macro F1 of classes: the mean over classes of the harmonic mean of precision and recall."""

import collections
import math
from collections.abc import Sequence

from baselines.metrics.accuracy import accuracy


def macro_f1(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"macro_f1": mean over the classes that occur in golds or predictions}: a class that is never right counts 0."""
    gold_counts, predicted_counts = collections.Counter(golds), collections.Counter(predictions)
    right = collections.Counter(gold for gold, prediction in zip(golds, predictions, strict=True) if gold == prediction)
    classes = dict.fromkeys([*gold_counts, *predicted_counts])
    if not classes:
        raise ValueError("macro_f1: there is nothing to score. Give at least one gold.")
    scores = [2 * right[name] / (gold_counts[name] + predicted_counts[name]) for name in classes]
    return {"macro_f1": math.fsum(scores) / len(scores)}


def accuracy_and_macro_f1(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"accuracy": …, "macro_f1": …}: the first selects the best epoch, the second shows what rare classes get."""
    return accuracy(golds, predictions) | macro_f1(golds, predictions)
