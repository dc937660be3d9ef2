"""Precision, recall and F1 per label of tasks with any number of labels per example, most frequent first.

label  gold  found  right  precision  recall  F1
价格     31     30     27      90.0%   87.1%  88.5%
"""

from collections.abc import Sequence

from baselines.evaluation.confusion import share
from baselines.metrics.multilabel import fact_counts
from baselines.runtime.text_table import aligned, clip


def label_table(golds: list, predictions: list, names: Sequence[str]) -> str:
    """Counts of gold, predicted and right facts (label, …) of each of `names`; "-" where there is nothing to divide by.

    Args:
        golds: Per example the set of its facts.
        predictions: The same in the same order.
        names: Labels.
    """
    counts = fact_counts(golds, predictions)
    lines = [("label", "gold", "found", "right", "precision", "recall", "F1")]
    for name in sorted(names, key=lambda name: -counts[name]["gold"]):
        gold, predicted, right = (counts[name][what] for what in ("gold", "predicted", "right"))
        shares = share(right, predicted), share(right, gold), share(2 * right, gold + predicted)
        numbers = (str(gold), str(predicted), str(right), *shares)
        lines.append((clip(name, 24), *numbers))
    return aligned(lines, "><")
