"""The next token at every position, by the encoder's MLM head behind a mask that hides the future. UniLM: arXiv:1905.03197.

prefix   a bidirectional source (segment 0), then a generated target (segment 1): [CLS] source [SEP] target [SEP]
causal   everything is generated, and segments are free to mark speakers: [CLS] utterance [SEP] utterance [SEP] …

A model with an encoder and a decoder (T5, BART) needs no mask: the decoder writes what follows the source in both.
"""

import copy
import typing
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from baselines.losses.divergence import softmax_divergence
from baselines.losses.next_tokens import NO_TARGET
from baselines.task import Head
from baselines.tokenizers.tokenizer import Tokenizer

if typing.TYPE_CHECKING:
    import keras

MASKS = ("prefix", "causal")
PADDING = 0


class LanguageModelHead(Head):
    """Adds no layer: it trains the MLM head of the checkpoint.

    mask         the attention mask, see above
    predicts     whether there is another output "predicted", int (B, L): the likeliest next token
    """

    output_kind = "text"
    token_table = "Embedding-Token/embeddings"

    def __init__(self, mask: str = "prefix", predicts: bool = False):
        if mask not in MASKS:
            raise ValueError(f"LanguageModelHead: unknown mask={mask!r}. Choose one of {', '.join(MASKS)}.")
        self.mask, self.predicts = mask, predicts
        self.encoder_options = {"mask": mask, "with_mlm": "linear"}
        self.start, self.pad_id = (), PADDING

    def with_encoder(self, start: Sequence[int], pad_id: int) -> "LanguageModelHead":
        """The head of a model whose encoder reads the source, and whose decoder writes what follows `start`."""
        head = copy.copy(self)
        head.start, head.pad_id = tuple(start), pad_id
        return head

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"logits": float32 (B, L, V)}, of the token after each position."""
        import keras  # here: tasks import heads, and `--help` must be quick

        outputs = {"logits": encoder.output["mlm"]}
        if self.predicts:
            outputs["predicted"] = keras.ops.argmax(outputs["logits"], axis=-1)
        return keras.Model(encoder.input, outputs, name="language_model")

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """Next tokens int32 (L,) of each row, -1 where nothing is learned, as int32 (B, L) padded with -1."""
        batch = np.full((len(targets), length), NO_TARGET, np.int32)
        for row, target in zip(batch, targets, strict=True):
            row[: len(target)] = target
        return batch

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """KL(outputs || others) of the next token's probabilities, mean over the positions that learn: float32 (B,)."""
        from keras import ops

        if self.start:
            position = ops.arange(ops.shape(features["decoder_token_ids"])[1])
            real = (features["decoder_token_ids"] != self.pad_id) | (position < len(self.start))
            learns = ops.cast(real & (position >= len(self.start) - 1), "float32")
            values = softmax_divergence(outputs["logits"], others["logits"])
            return ops.sum(values * learns, axis=1) / ops.maximum(ops.sum(learns, axis=1), 1.0)
        marks = features["segment_ids"] if self.mask == "prefix" else features["token_ids"]
        learns = ops.cast(marks[:, 1:] != PADDING, "float32")           # is the next token a target? padding has segment 0
        values = softmax_divergence(outputs["logits"][:, :-1], others["logits"][:, :-1])
        return ops.sum(values * learns, axis=1) / ops.maximum(ops.sum(learns, axis=1), 1.0)


def decode_text(tokenizer: Tokenizer) -> Callable:
    """A `decode` stage, once the tokenizer is known: (example, {"token_ids": sequences, the best first}) -> text of the best."""

    def decode(example, outputs):
        return tokenizer.decode(outputs["token_ids"][0])

    return decode
