"""The last layer of a classifier, computed from the vectors of the training rows instead of learned by gradients."""

import time
from typing import Any

import keras
import numpy as np

from baselines.task import Split
from baselines.training.closed_form import AUTO, ClassMoments, LinearClassifier
from baselines.training.steps import Steps

VECTORS = "vectors"


class ClosedFormHead:
    """Solves the dense layer that the head of a task model names in `linear_layer`.

    Args:
        task_model: With such a head.
        split: The encoded training rows, with gold.
        shrinkage: As for ClassMoments.solve.

    Attributes:
        seconds: Spent so far.
    """

    def __init__(self, task_model: Any, split: Split, shrinkage: float | str = AUTO):
        self.task_model, self.split, self.shrinkage, self.seconds = task_model, split, shrinkage, 0.0
        model = task_model.model
        self.layer = model.get_layer(task_model.task.head.linear_layer)
        self.steps = Steps(keras.Model(model.input, {VECTORS: self.layer.input}), None, jit=task_model.recipe.jit == "true")

    def solve(self) -> LinearClassifier:
        """Computes the vectors with the weights that the Keras variables hold, and assigns the layer's weights.

        Raises:
            InputError: There are too few rows or classes.
        """
        started, moments = time.monotonic(), ClassMoments(max(self.layer.units, 2))
        self.steps.reset()
        batches = self.task_model.batches(self.split.encoded, self.task_model.recipe.eval_batch_size)
        for rows, batch in batches.in_turn():
            vectors = self.steps.predict(batch["features"])[VECTORS]
            moments.add(*self._labelled(vectors, batch["features"], rows))
        solution = moments.solve(self.shrinkage)
        self.layer.set_weights(self._weights(solution))
        self.seconds += time.monotonic() - started
        return solution

    def describe(self, solution: LinearClassifier) -> str:
        """What was solved, as a sentence."""
        size = len(solution.kernel)
        text = f"closed form: {len(self.split.examples)} examples, {size} dimensions of rank {solution.rank}, "
        text += f"shrinkage {solution.shrinkage:.3f}, {self.seconds:.1f} s"
        if solution.absent:
            names = [self.task_model.task.classes.name(label) for label in solution.absent[:8]]
            more = f" and {len(solution.absent) - 8} more" if len(solution.absent) > 8 else ""
            text += f". Classes without a row, never predicted: {', '.join(names)}{more}"
        return text

    def _labelled(self, vectors, features, rows):
        """(vectors of the real rows, their labels); of a question with choices, a row per choice, 1 for the right one."""
        targets = np.array([int(self.split.encoded.target(row)) for row in rows])
        if self.layer.units > 1:
            return vectors[: len(rows)], targets
        choices = features["token_ids"].shape[1]
        real = (features["token_ids"][: len(rows)] != self.task_model.tokenizer.vocabulary.pad_id).any(axis=-1)
        labels = np.arange(choices) == targets[:, None]
        return vectors.reshape(-1, choices, vectors.shape[-1])[: len(rows)][real], labels[real].astype(int)

    def _weights(self, solution):
        """[kernel, bias] in float32. What all classes share is taken out: it changes no probability and costs digits."""
        kernel, bias = solution.kernel, solution.bias
        if self.layer.units == 1:
            return [(kernel[:, 1:] - kernel[:, :1]).astype(np.float32), (bias[1:] - bias[:1]).astype(np.float32)]
        present = np.setdiff1d(np.arange(len(bias)), solution.absent)
        kernel = kernel.copy()
        kernel[:, present] -= kernel[:, present].mean(axis=1, keepdims=True)
        bias = np.where(np.isin(np.arange(len(bias)), present), bias - bias[present].mean(), bias)
        return [kernel.astype(np.float32), bias.astype(np.float32)]
