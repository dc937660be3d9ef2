"""Accuracy: the share of predictions that equal their gold."""

from collections.abc import Sequence


def accuracy(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"accuracy": share}. Raises ValueError for lists that are empty or of different lengths."""
    if not golds or len(golds) != len(predictions):
        raise ValueError(f"accuracy: {len(golds)} gold and {len(predictions)} predicted items. Give one prediction per gold.")
    right = sum(gold == prediction for gold, prediction in zip(golds, predictions, strict=True))
    return {"accuracy": right / len(golds)}
