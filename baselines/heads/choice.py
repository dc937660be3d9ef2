"""One of several choices per question: each is encoded as a row and gets one score. Sun et al., 2020 (C3), arXiv:1904.09679.

The reference pads questions with few choices by one that reads 无效答案, which can win. Here padding is an empty row,
and its logit is masked.
"""

import typing
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.heads.joining import mean_of_classes
from baselines.heads.reading_direction import text_vector
from baselines.losses.divergence import softmax_divergence
from baselines.task import Example, Head

if typing.TYPE_CHECKING:
    import keras


class ChoiceHead(Head):
    """Attaches `Choice`, a dense layer of one score on the vector of [CLS], to an encoder.

    initializer_range  standard deviation of the kernel's truncated normal
    """

    output_kind = "choice"
    linear_layer = "Choice"

    def __init__(self, initializer_range: float = 0.02):
        self.initializer_range = initializer_range

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs, each int32 (B, N, L), to {"logits": float32 (B, N)}."""
        import keras  # here: tasks import heads, and `--help` must be quick

        from baselines.layers.attention_mask import pad_token_id
        from baselines.layers.choices import ChoicesToRows, RowsToChoices

        inputs = {name: keras.Input((None, None), dtype="int32", name=name) for name in encoder.input}
        rows = {name: ChoicesToRows(name=f"Rows-{name}")(value) for name, value in inputs.items()}
        scores = keras.layers.Dense(
            1,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            dtype="float32",
            name="Choice",
        )(text_vector(encoder, encoder(rows)["hidden_states"], rows["token_ids"]))
        choices = RowsToChoices(pad_token_id=pad_token_id(encoder), name="Choices")
        return keras.Model(inputs, {"logits": choices(scores, inputs["token_ids"])}, name="choice")

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """Numbers of the right choices as int32 (B,); `length` is not used."""
        return np.asarray(targets, np.int32).reshape(len(targets))

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """KL(outputs || others) of the choices' probabilities: float32 (B,)."""
        return softmax_divergence(outputs["logits"], others["logits"])

    def confidence(self, example: Example, outputs: dict) -> float:
        """Probability of the best choice, from logits (1, N); of the least sure row where an example has several."""
        return min(map(choice_probability, outputs["logits"]))

    def join(self, outputs: list, weights: np.ndarray) -> dict:
        """Logits of the mean of the models' probabilities of the choices."""
        return {"logits": mean_of_classes([each["logits"] for each in outputs], weights)}


def stack_choices(rows: list, count: int, pad_id: int) -> dict[str, np.ndarray]:
    """Features of the rows of one question, {name: (L,)} each, as {name: int32 (count, longest L)}.

    Rows are padded, and the question is padded with empty rows.
    """
    length = max(len(row["token_ids"]) for row in rows)
    stacked = {}
    for name in rows[0]:
        fill = pad_id if name == "token_ids" else 0
        stacked[name] = np.full((count, length), fill, np.int32)
        for number, row in enumerate(rows):
            stacked[name][number, : len(row[name])] = row[name]
    return stacked


def encode_question(count: int = 0) -> Callable:
    """The `encode` stage of reading with choices: example.texts is (passage, question, choice, choice, …).

    count  choices that every question is padded to; 0: as many as it has
    One row per choice, [CLS] passage [SEP] question [SEP] choice [SEP]; of equally long parts the choice is trimmed first.
    example.gold is the number of the right choice.
    """

    def encode(example, tokenizer, max_length):
        if len(example.texts) < 4:
            raise InputError(f"{len(example.texts)} texts are not enough. Give a passage, a question and two or more choices.")
        passage, question, *choices = map(tokenizer.ids, example.texts)
        rows = [tokenizer.assemble([passage, question, ids], max_length, trim_order=(2, 1, 0)) for ids in choices]
        yield stack_choices(rows, max(count, len(rows)), tokenizer.vocabulary.pad_id), example.gold

    return encode


def choice_probability(logits: np.ndarray) -> float:
    """Probability of the best choice, from the logits (N,) of a question."""
    logits = np.asarray(logits, np.float64)
    return float(1 / np.exp(logits - logits.max()).sum())


def decode_choice(example: Example, outputs: dict) -> int:
    """The `decode` stage: the number of the choice with the largest logit."""
    return int(np.argmax(outputs["logits"][0]))                         # logits (1, N): one window
