"""Layers of a cloze: places of the masks, scores of words in them, and trained prompt vectors (arXiv:2103.10385)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class TokenPlaces(keras.layers.Layer):
    """The first `count` positions of a token: token_ids int (B, L) -> int32 (B, count); 0 where a row has fewer."""

    def __init__(self, token_id: int, count: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.token_id, self.count = token_id, count

    def call(self, token_ids: Any) -> Any:
        found = ops.cast(ops.equal(token_ids, self.token_id), "int32")
        order = ops.cumsum(found, axis=1) * found                       # 1 at the first place, 2 at the second, …
        wanted = ops.arange(1, self.count + 1, dtype="int32")
        is_place = ops.equal(order[:, None, :], wanted[None, :, None])  # (B, count, L)
        positions = ops.arange(ops.shape(token_ids)[1], dtype="int32")
        return ops.sum(ops.where(is_place, positions, 0), axis=-1)

    def compute_output_shape(self, shape: tuple) -> tuple:
        return shape[0], self.count

    def compute_output_spec(self, token_ids: Any) -> keras.KerasTensor:
        return keras.KerasTensor((token_ids.shape[0], self.count), "int32")

    def get_config(self) -> dict:
        return {**super().get_config(), "token_id": self.token_id, "count": self.count}


@keras.saving.register_keras_serializable(package="baselines")
class WordScores(keras.layers.Layer):
    """Scores of words of M tokens in M masks: logits of the vocabulary float (B, M, V) -> float32 (B, C), sums over the masks.

    Under a softmax over the words, sums of logits and of log-probabilities are the same.
    """

    def __init__(self, word_ids: Sequence[Sequence[int]], **kwargs: Any):
        super().__init__(dtype="float32", **kwargs)
        self.word_ids = [[int(token) for token in word] for word in word_ids]

    def call(self, logits: Any) -> Any:
        logits = ops.cast(logits, "float32")
        columns = zip(*self.word_ids, strict=True)
        return sum(ops.take(logits[:, mask], ops.array(ids, "int32"), axis=-1) for mask, ids in enumerate(columns))

    def compute_output_shape(self, shape: tuple) -> tuple:
        return shape[0], len(self.word_ids)

    def get_config(self) -> dict:
        return {**super().get_config(), "word_ids": self.word_ids}


@keras.saving.register_keras_serializable(package="baselines")
class CandidateScores(keras.layers.Layer):
    """As WordScores, of words that each row brings: logits (B, M, V) and ids int (B, N, L), M of them a word -> float32 (B, N)."""

    def __init__(self, masks: int, **kwargs: Any):
        super().__init__(dtype="float32", **kwargs)
        self.masks = masks

    def call(self, logits: Any, word_ids: Any) -> Any:
        logits = ops.cast(logits, "float32")
        return sum(ops.take_along_axis(logits[:, mask], word_ids[:, :, mask], axis=1) for mask in range(self.masks))

    def compute_output_shape(self, logits_shape: tuple, word_ids_shape: tuple) -> tuple:
        return word_ids_shape[:2]

    def get_config(self) -> dict:
        return {**super().get_config(), "masks": self.masks}


@keras.saving.register_keras_serializable(package="baselines")
class PromptEmbedding(keras.layers.Layer):
    """Trained vectors in place of the embeddings of a reserved token: x (B, L, D), token_ids int (B, L) -> (B, L, D).

    The n-th reserved token of a row gets the n-th of `count` vectors; the first position of a row is never one.
    """

    def __init__(self, token_id: int, count: int, initializer_range: float = 0.02, **kwargs: Any):
        super().__init__(**kwargs)
        self.token_id, self.count, self.initializer_range = token_id, count, initializer_range

    def build(self, x_shape: tuple, token_ids_shape: tuple) -> None:
        initializer = keras.initializers.TruncatedNormal(stddev=self.initializer_range)
        self.embeddings = self.add_weight(shape=(self.count, x_shape[-1]), initializer=initializer, name="embeddings")

    def call(self, x: Any, token_ids: Any) -> Any:
        positions = ops.arange(ops.shape(token_ids)[1], dtype="int32")
        found = ops.cast(ops.equal(token_ids, self.token_id) & (positions > 0), "int32")
        order = ops.cumsum(found, axis=1) * found                       # 1 at the first prompt, 0 at other tokens
        is_prompt = (order > 0) & (order <= self.count)
        vectors = ops.take(ops.cast(self.embeddings, x.dtype), ops.clip(order - 1, 0, self.count - 1), axis=0)
        return ops.where(is_prompt[..., None], vectors, x)

    def compute_output_shape(self, x_shape: tuple, token_ids_shape: tuple) -> tuple:
        return x_shape

    def get_config(self) -> dict:
        sizes = {"token_id": self.token_id, "count": self.count, "initializer_range": self.initializer_range}
        return {**super().get_config(), **sizes}
