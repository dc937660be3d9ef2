"""One label per row: a dense layer on one vector of the encoder. Devlin et al., 2019, arXiv:1810.04805, section 4.1."""

import dataclasses
import typing
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.heads.joining import mean_of_classes
from baselines.heads.reading_direction import text_vector
from baselines.losses.divergence import softmax_divergence
from baselines.task import Example, Head, Labels, Task

if typing.TYPE_CHECKING:
    import keras

POOLINGS = ("first", "mean", "max")


class ClassificationHead(Head):
    """Attaches `Classifier`, a dense layer of `classes` logits, to an encoder.

    pooling            first: the vector of [CLS], or the last token's if the model reads from left to right; mean, max: over all
                       tokens but padding
    dropout            rate on the pooled vector while training
    initializer_range  standard deviation of the kernel's truncated normal
    """

    output_kind = "label"
    linear_layer = "Classifier"

    def __init__(self, classes: int, pooling: str = "first", dropout: float = 0.0, initializer_range: float = 0.02):
        if pooling not in POOLINGS:
            raise ValueError(f"ClassificationHead: unknown pooling={pooling!r}. Choose one of {', '.join(POOLINGS)}.")
        if classes < 2:
            raise ValueError(f"ClassificationHead: classes={classes} is too few. Give 2 or more.")
        self.classes, self.pooling, self.dropout = classes, pooling, dropout
        self.initializer_range = initializer_range

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"logits": float32 (B, C)}."""
        import keras  # here: tasks import heads, and `--help` must be quick

        from baselines.layers.attention_mask import pad_token_id
        from baselines.layers.dropout import Dropout
        from baselines.layers.masked_pooling import MaskedPooling

        if self.pooling == "first":
            pooled = text_vector(encoder)
        else:
            pooling = MaskedPooling(self.pooling, pad_token_id(encoder), name="Pooling")
            pooled = pooling(encoder.output["hidden_states"], encoder.input["token_ids"])
        if self.dropout:
            pooled = Dropout(self.dropout, name="Classifier-Dropout")(pooled)
        logits = keras.layers.Dense(
            self.classes,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            dtype="float32",
            name="Classifier",
        )(pooled)
        return keras.Model(encoder.input, {"logits": logits}, name="classification")

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """Class ids of the rows of a batch as int32 (B,); `length` is not used."""
        return np.asarray(targets, np.int32).reshape(len(targets))

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """KL(outputs || others) of the class probabilities: float32 (B,)."""
        return softmax_divergence(outputs["logits"], others["logits"])

    def confidence(self, example: Example, outputs: dict) -> float:
        """Probability of the predicted class, from the logits (1, C) of an example."""
        logits = outputs["logits"][0].astype(np.float64)
        return float(1 / np.exp(logits - logits.max()).sum())

    def join(self, outputs: list, weights: np.ndarray) -> dict:
        """Logits of the mean of the models' probabilities."""
        return {"logits": mean_of_classes([each["logits"] for each in outputs], weights)}


def encode_texts(labels: Labels, second_segment: int = 0) -> Callable:
    """The `encode` stage for one text or two: (example, tokenizer, max_length) -> one (features, class id or None).

    second_segment   segment id of a second text: 0, as of the first, because encoders trained without NSP may not know 1
    """

    def encode(example, tokenizer, max_length):
        if len(example.texts) == 1:
            features = tokenizer.encode(example.texts[0], max_length=max_length)
        else:
            features = tokenizer.encode_pair(*example.texts, max_length=max_length, second_segment=second_segment)
        yield features, labels.id(example.gold)

    return encode


def decode_label(labels: Labels) -> Callable:
    """The `decode` stage: (example, outputs) -> the name of the class with the largest logit."""

    def decode(example, outputs):
        return labels.name(np.argmax(outputs["logits"][0]))             # logits (1, C): one window

    return decode


def with_labels(task: Task, labels: Labels, second_segment: int = 0) -> Task:
    """A classification task with the classes of the user's files."""
    head, encode = ClassificationHead(len(labels)), encode_texts(labels, second_segment)
    return dataclasses.replace(task, labels=labels, encode=encode, head=head, decode=decode_label(labels))
