"""Scores of sets of labels: micro F1, macro F1 over classes, and subset accuracy.

Gold {a, b} and predicted {a, c}: one right of two and two, F1 0.5; the set is wrong.
"""

import collections
import math
from collections.abc import Sequence

from baselines.metrics.spans import f1


def multilabel_scores(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"micro_f1", "macro_f1", "subset_accuracy"}, each in [0, 1]: the first selects the best epoch.

    golds, predictions  per example any number of names; each counts once
    Macro is the mean over the classes that occur in golds or predictions. Where there is no label at all, to predict none is
    right: 1. Raises ValueError for lists that are empty or of different lengths.
    """
    if not golds or len(golds) != len(predictions):
        raise ValueError(f"multilabel: {len(golds)} gold and {len(predictions)} predicted items. Give one prediction per gold.")
    counts = label_counts(golds, predictions)
    scores = [f1(**count) for count in counts.values()]
    return {
        "micro_f1": f1(**sum(counts.values(), collections.Counter())),
        "macro_f1": math.fsum(scores) / len(scores) if scores else 1.0,     # labels are a set: only an exact sum has no order
        "subset_accuracy": sum(map(_equal_sets, golds, predictions)) / len(golds),
    }


def _equal_sets(gold, predicted):
    return set(gold) == set(predicted)


def label_counts(golds: Sequence, predictions: Sequence) -> dict:
    """{class: Counter of "gold", "predicted" and "right" examples}, for the classes that occur."""
    return fact_counts(*([{(name,) for name in names} for names in side] for side in (golds, predictions)))


def fact_counts(golds: Sequence[set[tuple]], predictions: Sequence[set[tuple]]) -> dict:
    """{label: Counter of "gold", "predicted" and "right" facts}, of facts (label, …), for the labels that occur."""
    counts = collections.defaultdict(collections.Counter)
    for gold, predicted in zip(golds, predictions, strict=True):
        for what, facts in (("gold", gold), ("predicted", predicted), ("right", gold & predicted)):
            for label, *_ in facts:
                counts[label][what] += 1
    return counts
