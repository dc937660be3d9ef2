"""Any number of labels per row: a dense layer whose positive logits are predicted, without a threshold to tune.

Loss: losses/multilabel_cross_entropy.py; Su et al., 2022, arXiv:2208.02955.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from baselines.heads.classification import ClassificationHead, encode_texts
from baselines.heads.joining import mean_of_labels
from baselines.losses.divergence import sigmoid_divergence
from baselines.losses.multilabel_cross_entropy import sparse_multilabel_cross_entropy
from baselines.task import Example, Labels, Task

MIN_TARGETS = 4
"""Smallest number of targets per row; larger ones are powers of two, so that few shapes compile."""


class MultilabelClassificationHead(ClassificationHead):
    """Attaches the layers of ClassificationHead, and reads its logits one by one. A target is the class ids of a row, int (n,).

    separator   the string between the labels of a row in a table cell; the others as ClassificationHead
    """

    output_kind = "labels"
    linear_layer = None

    def __init__(self, classes: int, separator: str = "|", **settings: Any):
        super().__init__(classes, **settings)
        self.separator = separator

    def loss(self, targets: Any, outputs: dict) -> Any:
        """targets int32 (B, P), class ids padded with -1; returns float32 (B,)."""
        return sparse_multilabel_cross_entropy(outputs["logits"], targets)

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """Class ids of each row as int32 (B, P), padded with -1; P is a power of two."""
        return pad_ids([np.unique(ids) for ids in targets])

    def remark(self, examples: Sequence[Example], encoded: Any) -> str:
        """How many labels there are, and rows without any, in a sentence."""
        counts = [len(encoded.target(row)) for row in range(len(encoded))]
        return f"{sum(counts)} labels, {sum(counts) / len(counts):.2f} per row; {counts.count(0)} rows have none"

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """KL(outputs || others) of the classes, each by itself, summed: float32 (B,)."""
        return sigmoid_divergence(outputs["logits"], others["logits"])

    def confidence(self, example: Example, outputs: dict) -> float:
        """Probability that all labels are right, if each logit is the log odds of its class."""
        logits = outputs["logits"][0].astype(np.float64)
        return float(np.exp(-np.logaddexp(0, -np.abs(logits)).sum()))

    def join(self, outputs: list, weights: np.ndarray) -> dict:
        """Log odds of the mean of the models' probabilities, each label by itself."""
        return {"logits": mean_of_labels([each["logits"] for each in outputs], weights)}

    def format_prediction(self, prediction: Any) -> str:
        """Names of labels as one cell."""
        return self.separator.join(prediction)


def pad_ids(rows: list) -> np.ndarray:
    """Lists of ids as int32 (B, P), padded with -1; P is a power of two."""
    largest = max(map(len, rows))
    result = np.full((len(rows), max(MIN_TARGETS, 1 << max(largest - 1, 0).bit_length())), -1, np.int32)
    for row, ids in zip(result, rows, strict=True):
        row[: len(ids)] = ids
    return result


def encode_label_sets(labels: Labels) -> Callable:
    """The `encode` stage for one text or two: as `encode_texts`; the target is the ids of gold's names, int32 (n,)."""

    def encode(example, tokenizer, max_length):
        ((features, _),) = encode_texts(labels)(dataclasses.replace(example, gold=None), tokenizer, max_length)
        ids = None if example.gold is None else np.array([labels.id(name) for name in example.gold], np.int32)
        yield features, ids

    return encode


def decode_labels(labels: Labels) -> Callable:
    """The `decode` stage: (example, outputs) -> the names of the classes with a positive logit, in index order."""

    def decode(example, outputs):
        return [labels.name(index) for index in np.flatnonzero(outputs["logits"][0] > 0)]

    return decode


def with_label_sets(task: Task, labels: Labels, separator: str = "|") -> Task:
    """A task on one text or two whose gold is a list of names among `labels`, Categories. separator: as in the head."""
    head = MultilabelClassificationHead(len(labels), separator)
    stages = {"encode": encode_label_sets(labels), "head": head, "loss": head.loss, "decode": decode_labels(labels)}
    return dataclasses.replace(task, labels=labels, **stages)
