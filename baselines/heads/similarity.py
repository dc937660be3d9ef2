"""One number per row, such as how similar two texts are: a dense layer on [CLS]. Devlin et al., 2019, arXiv:1810.04805, 4.1.

The layer learns the score scaled to [0, 1], by squared error; decoding scales it back. Predictions are not clipped to
the range: order is what Spearman's correlation measures, and clipping would lose it at both ends.
"""

import dataclasses
import typing
from typing import Any

import numpy as np

from baselines.heads.reading_direction import text_vector
from baselines.losses.divergence import normal_divergence
from baselines.losses.squared_error import squared_error
from baselines.task import Head, Task

if typing.TYPE_CHECKING:
    import keras


class SimilarityHead(Head):
    """Attaches `Similarity`, a dense layer of one unit on the vector of [CLS], to an encoder.

    initializer_range  standard deviation of the kernel's truncated normal
    """

    def __init__(self, initializer_range: float = 0.02):
        self.initializer_range = initializer_range

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"similarity": float32 (B,)}, about 0 to 1."""
        import keras  # here: tasks import heads, and `--help` must be quick

        similarity = keras.layers.Dense(
            1,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            dtype="float32",
            name="Similarity",
        )(text_vector(encoder))                                         # (B, 1)
        return keras.Model(encoder.input, {"similarity": similarity[:, 0]}, name="similarity")

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """Scores of the rows of a batch as float32 (B,); the batch's length says nothing here."""
        return np.asarray(targets, np.float32).reshape(len(targets))

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """Squared difference, the KL of normal distributions that squared error assumes: float32 (B,)."""
        return normal_divergence(outputs["similarity"], others["similarity"])

    def join(self, outputs: list, weights: np.ndarray) -> dict:
        """Mean of the models' scores."""
        return {"similarity": sum(weight * each["similarity"] for each, weight in zip(outputs, weights, strict=True))}


def with_scores(task: Task, low: float, high: float, second_segment: int = 0) -> Task:
    """A task on pairs of texts whose gold is a number from `low` to `high`. second_segment: as in classification.encode_texts."""

    def encode(example, tokenizer, max_length):
        features = tokenizer.encode_pair(*example.texts, max_length=max_length, second_segment=second_segment)
        yield features, None if example.gold is None else np.float32((example.gold - low) / (high - low))

    def decode(example, outputs):
        return low + (high - low) * float(outputs["similarity"][0])     # similarity (1,): one window

    return dataclasses.replace(task, encode=encode, head=SimilarityHead(), loss=squared_error, decode=decode)
