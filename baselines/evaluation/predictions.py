"""Predictions by example id: the rows (windows) of an example's outputs, gathered and decoded."""

import numpy as np


def gather(examples, owners, outputs, decode):
    """{example.id: prediction}, in the order of the examples.

    owners   int (N,): for every row of the outputs, the position of its example; each example owns at least one row
    outputs  {name: array (N, …), or list of N where rows differ in shape}; an example gets its part, in the same form
    decode   the task's (example, outputs of its rows) -> prediction
    """
    owners = np.asarray(owners)
    order = np.argsort(owners, kind="stable")
    bounds = np.searchsorted(owners[order], np.arange(len(examples) + 1))
    if np.any(bounds[1:] == bounds[:-1]) or len(order) != bounds[-1] or bounds[0] != 0:
        raise ValueError(f"gather: expected rows for each of {len(examples)} examples only. Received: owners={owners}")
    predictions = {}
    for example, start, end in zip(examples, bounds[:-1], bounds[1:], strict=True):
        rows = order[start:end]
        predictions[example.id] = decode(example, {name: take(found, rows) for name, found in outputs.items()})
    return predictions


def take(found, rows):
    """Some rows of an array or of a list, in the same form."""
    return found[rows] if isinstance(found, np.ndarray) else [found[row] for row in rows]


def gather_losses(owners, losses, count):
    """Mean loss of the rows of each of `count` examples: float64 (count,)."""
    return np.bincount(owners, weights=losses, minlength=count) / np.maximum(np.bincount(owners, minlength=count), 1)
