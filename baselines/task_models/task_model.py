"""TaskModel: a task with its tokenizer and Keras model, which learns and predicts."""

import dataclasses
import functools
from typing import Any

import keras
import numpy as np

from baselines.data.batching import Batches
from baselines.data.resampled_batches import ResampledBatches
from baselines.data.sampled_batches import SampledBatches
from baselines.errors import InputError
from baselines.task import Split
from baselines.task_models.predicting import PredictingModel
from baselines.task_models.text_generation import TextGeneration
from baselines.task_models.trainable_model import TrainableModel
from baselines.tokenizers.tokenizer import SampledTokenizer
from baselines.training import devices


@dataclasses.dataclass
class TaskModel(PredictingModel, TrainableModel):
    """As TrainableModel, of a task. loading.py makes them.

    Attributes:
        cache: Folder that keeps encoded rows for the next run; "" keeps nothing.
        sampled_tokenizer: What cuts training texts, in every epoch in another way; None: the tokenizer itself.
    """

    cache: str = ""
    sampled_tokenizer: SampledTokenizer | None = None

    @functools.cached_property
    def generation(self) -> TextGeneration | None:
        """What generates the task's texts, or None for a task that generates none."""
        return TextGeneration(self) if self.task.generation else None

    @property
    def parts(self) -> int:
        """Equal parts that devices cut a batch into."""
        return devices.shares()

    def training_batches(self, split: Split, batch_size: int) -> Batches | ResampledBatches | SampledBatches:
        """Batches to learn from: of the rows as they are, of texts cut at random, or of rows that the task draws from them.

        Raises:
            InputError: If `batch_size` is not a multiple of the rows that the task draws from an example.
        """
        sampling, encoded = self.task.sampling, split.encoded
        make_batches = functools.partial(self.batches, batch_size=batch_size)
        if self.sampled_tokenizer:
            stage, tokenizer = self.task.encode_train or self.task.encode, self.sampled_tokenizer
            encode = lambda example: stage(example, tokenizer, self.recipe.max_length)  # noqa: E731
            return ResampledBatches(split.examples, encode, tokenizer.reseed, make_batches(encoded), make_batches)
        if sampling is None:
            return make_batches(encoded)
        make = lambda rows, rng: sampling.draw(rows, self.tokenizer, self.recipe.max_length, rng)  # noqa: E731
        rows, parts = sampling.rows_per_example, self.parts
        if batch_size % (rows * parts):
            each = f" on each of {parts} devices" if parts > 1 else ""
            raise InputError(
                f"--batch_size {batch_size} is not a multiple of {rows * parts}. "
                f"Choose a multiple of it: each training example gives {rows} rows{each}, which stay in one batch."
            )
        return SampledBatches(encoded, make, rows, batch_size, make_batches)

    @functools.cached_property
    def _scored_targets(self):
        """{shapes of features: (shape, dtype) of the targets that rows of these shapes were scored with}."""
        return {}

    def _outputs(self, steps, batch):
        """(outputs, loss totals, loss counts) of a batch; None for the last two without targets.

        Where rows of the same shapes have been scored, rows without targets take the step that was compiled for these, with
        targets of zeros; what it then says of losses is dropped.
        """
        shapes = tuple(np.shape(array) for array in keras.tree.flatten(batch["features"]))
        if "targets" in batch:
            self._scored_targets[shapes] = keras.tree.map_structure(ShapeOf, batch["targets"])
            return steps.evaluate(batch)
        if shapes not in self._scored_targets:
            return steps.predict(batch["features"]), None, None
        targets = keras.tree.map_structure(ShapeOf.zeros, self._scored_targets[shapes])
        return steps.evaluate(batch | {"targets": targets})[0], None, None


class ShapeOf:
    """The shape and dtype of an array, without its data."""

    def __init__(self, array: Any):
        self.shape, self.dtype = np.shape(array), np.asarray(array).dtype

    def zeros(self) -> np.ndarray:
        return np.zeros(self.shape, self.dtype)
