"""Text embedding and paraphrase generation by one encoder under UniLM's mask. SimBERT: kexue.fm/archives/7427.

[CLS] text [SEP] target [SEP]: the mask hides the target from the text, so the vector is that of the text alone.
"""

import typing
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.heads.language_model import LanguageModelHead
from baselines.losses.contrastive import EMBEDDING, NEXT_TOKENS
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

if typing.TYPE_CHECKING:
    import keras

POOLINGS = ("first", "mean")
FLOATS = ("score", "teacher")
"""Marks that are floats."""


class EmbeddingHead(LanguageModelHead):
    """Adds no layer but BERT's pooler: the MLM head of the checkpoint generates.

    pooling        first: that of [CLS] by the pooler, linear, as bert4keras' with_pool="linear"; mean: of the text's tokens, with
                   [CLS] and [SEP], no pooler
    writes         whether it also generates: there are logits
    needs_dropout  whether the two vectors of a text differ by dropout alone
    """

    output_kind = "embedding"
    optional_weights = ("Pooler-Dense/",)
    """Checkpoints pretrained without next sentences have no pooler."""

    def __init__(self, pooling: str = "first", writes: bool = True, needs_dropout: bool = False):
        if pooling not in POOLINGS:
            raise ValueError(f"EmbeddingHead: unknown pooling={pooling!r}. Choose one of {', '.join(POOLINGS)}.")
        super().__init__("prefix")
        self.pooling, self.writes, self.needs_dropout = pooling, writes, needs_dropout
        self.encoder_options = {
            "mask": "prefix",
            **({"with_mlm": "linear"} if writes else {}),
            **({"with_pool": "linear"} if pooling == "first" else {}),
        }

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"embedding": float32 (B, D), and where it generates "logits" (B, L, V)}.

        Raises InputError if dropout is needed and the encoder has none.
        """
        import keras  # here: tasks import heads, and `--help` must be quick
        from keras import ops

        from baselines.layers.attention_mask import pad_token_id
        from baselines.layers.masked_pooling import MaskedPooling

        parts = [part for layer in encoder.layers for part in (layer, getattr(layer, "dropout", None))]
        if self.needs_dropout and not any(part.rate for part in parts if isinstance(part, keras.layers.Dropout)):
            raise InputError(
                "--objective simcse: the model has no dropout, without which the two vectors of a text are equal. "
                "Add --model_options hidden_dropout_prob=0.1."
            )
        if self.pooling == "first":
            vector = ops.cast(encoder.output["pooled"], "float32")
        else:
            padding, own = pad_token_id(encoder), encoder.input["token_ids"]
            if "segment_ids" in encoder.input:
                own = ops.where(ops.equal(encoder.input["segment_ids"], 0), own, padding)
            pooling = MaskedPooling("mean", padding, dtype="float32", name="Mean-Pooling")
            vector = pooling(encoder.output["hidden_states"], own)
        outputs = {EMBEDDING: vector, **({"logits": encoder.output["mlm"]} if self.writes else {})}
        return keras.Model(encoder.input, outputs, name="text_embedding")

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """{"next": int32 (B, L) if there is one, -1 where nothing is learned; the other marks (B, …)} of rows with such targets."""
        batch = {
            name: np.asarray([target[name] for target in targets], np.float32 if name in FLOATS else np.int32)
            for name in targets[0]
            if name != NEXT_TOKENS
        }
        if NEXT_TOKENS in targets[0]:
            batch[NEXT_TOKENS] = super().batch_targets([target[NEXT_TOKENS] for target in targets], length)
        return batch

    def remark(self, examples: Sequence[Example], encoded: Any) -> str:
        """The number of examples without a training row: groups of one text, pairs with different meanings.

        Raises InputError if dev has single texts only.
        """
        if "segment_ids" in encoded.features and all(example.gold == () for example in examples):
            raise InputError("--dev: single texts cannot be scored. Give groups, or pairs with a label or a score.")
        count = len(examples) - len(np.unique(encoded.example))
        share = f"{count} of {len(examples)} examples"
        return f"{share} give no row (a single text, or a pair labeled 0)" if count else ""

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """KL of the next tokens where it generates; else the squared distance of unit vectors, as of normal distributions."""
        from keras import ops

        from baselines.losses.in_batch_similarity import unit

        if self.writes:
            return super().divergence(outputs, others, features)
        return ops.sum(ops.square(unit(outputs[EMBEDDING]) - unit(others[EMBEDDING])), axis=-1)


def encode_texts(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, None]]:
    """The `encode` stage: a row [CLS] text [SEP] for each text of the example, without target."""
    for text in example.texts:
        yield tokenizer.encode(text, max_length), None


def cosines_of(vectors: np.ndarray) -> np.ndarray:
    """Cosines of the first of (n, D) vectors with the others, float64 (n - 1,)."""
    units = unit_vectors(np.asarray(vectors, np.float64))
    return units[1:] @ units[0]


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """float (n, D) of length 1, as precise as they come; a vector of zeros stays one."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def decode_cosine(example: Example, outputs: dict) -> float | list[float]:
    """The `decode` stage: the cosine of an example's two texts, from embedding (2, D); a list of them where it has more texts."""
    result = [round(float(cosine), 6) for cosine in cosines_of(outputs[EMBEDDING])]
    return result[0] if len(result) == 1 and not isinstance(example.gold, tuple) else result
