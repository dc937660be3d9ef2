"""A model that embeds texts. encode, index, search and serve stand on it.

    embedder = TextEmbedder.from_run("runs/similar/20261127-101500")
    embedder.encode(["怎么开初婚未育证明", "初婚未育情况证明怎么开？"])          # float32 (2, 768), of length 1
"""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from baselines.data.batching import bucket, bucket_lengths
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.heads.reading_direction import text_vector
from baselines.inference.embedder import Embedder
from baselines.inference.poolings import check_pooling
from baselines.layers.attention_mask import pad_token_id
from baselines.layers.masked_pooling import MaskedPooling
from baselines.models.checkpoint import Checkpoint
from baselines.models.families import trained_positions
from baselines.runtime.progress import Display
from baselines.storage.checkpoint_paths import absolute, pinned
from baselines.task_models.loading import POLICIES, open_run
from baselines.training import backends
from baselines.training.steps import Steps

TOKENS_PER_BATCH = 4096
"""Tokens, padding included, that go through the model at once."""
CACHED_TOKENS = 2048
"""The same on CPUs where any shape is quick: what a processor's cache holds."""
SMALL_BATCHES = (1, 8)
"""Sizes of batches for few texts; others have as many rows as TOKENS allow."""
MIN_TEXTS_FOR_FINE_LENGTHS = 4096
"""Texts from which on more lengths are compiled, where they are: it takes seconds for each, and spares padding."""
DEFAULT_LENGTH = 128
"""Tokens of a text, at most, where no run says otherwise."""


class TextEmbedder(Embedder):
    """Embeds texts as [CLS] text [SEP], truncated to `max_length` tokens, with a Keras model.

    Batches have few shapes, each compiled once. On CPUs with TensorFlow, where any shape is fast, they are as long as their texts.

    Attributes:
        name: Name of the run, or path of the checkpoint.
        task_name: Name of the run's task, or None.
        source: Path of the run or checkpoint.
        pooling: first: the vector of [CLS]; mean: the mean of all tokens but padding; pooler: [CLS] through SimBERT's linear layer.
            A run that was trained to embed has its own.
        dimensions: D, the size of a vector.
    """

    def __init__(
        self,
        model: Any,
        encoder: Any,
        tokenizer: Any,
        config: Any,
        max_length: int,
        pooling: str,
        name: str,
        task_name: str | None,
        source: str | Path,
        jit: bool = True,
    ):
        self.tokenizer, self.config, self.max_length, self.pooling = tokenizer, config, max_length, pooling
        self.name, self.task_name, self.source = name, task_name, str(source)
        self._model = model                                             # {"vectors": float32 (B, D)}
        self._any_shape = backends.devices().any_shape()
        self._jit, self._encoder, self._lock, self._steps = jit and not self._any_shape, encoder, threading.Lock(), {}
        self.dimensions = model.output["vectors"].shape[-1]

    @classmethod
    def from_run(
        cls, folder: str | Path, pooling: str | None = None, precision: str | None = None, name: str | None = None,
        quiet: bool = True,
    ) -> "TextEmbedder":  # fmt: skip
        """Loads the best checkpoint of any run. Raises InputError for a pooling that is unknown or not the run's own."""
        run = RunFolder.open(folder)
        run.require_best()
        with Display(quiet) as display:
            task_model, _ = open_run(run, None, display, changes={"precision": precision} if precision else None)
        return cls.from_task_model(task_model, name or f"{task_model.name}/{run.path.resolve().name}", pooling, run.path.resolve())

    @classmethod
    def from_task_model(
        cls, task_model: Any, name: str | None, pooling: str | None = None, source: str | Path = ""
    ) -> "TextEmbedder":
        """As `from_run`, of a task_model with trained weights, which it shares."""
        own = trained_pooling(task_model)
        if own and pooling not in (None, own):
            raise InputError(f"--pooling {pooling}: {name} was trained with {own}. Leave the flag out.")
        pooling = pooling or own or "mean"
        encoder = task_model.encoder
        vectors = task_model.model.output["embedding"] if own else pooled(encoder, pooling, name)
        model = keras.Model(encoder.input, {"vectors": vectors})
        recipe = task_model.recipe
        return cls(
            model, encoder, task_model.tokenizer, task_model.config, recipe.max_length, pooling, name, task_model.name, source,
            jit=recipe.jit == "true",
        )  # fmt: skip

    @classmethod
    def from_checkpoint(
        cls, folder: str | Path, pooling: str | None = None, precision: str = "float32", max_length: int | None = None,
        name: str | None = None,
    ) -> "TextEmbedder":  # fmt: skip
        """A checkpoint folder, such as SimBERT's (pooling pooler) or Google's BERT."""
        pooling = check_pooling(pooling or "mean")
        checkpoint = Checkpoint.open(folder)
        tokenizer, config, limit = checkpoint.tokenizer, checkpoint.config, trained_positions(checkpoint.config)
        max_length = max_length or min(DEFAULT_LENGTH, limit or DEFAULT_LENGTH)
        if max_length < 3 or limit and max_length > limit:
            bound = f"from 3 to {limit}, the positions of {folder}" if limit else "at least 3"
            raise InputError(f"--max_length: {max_length} is out of range. Give a number {bound}.")
        encoder = checkpoint.build(with_pool="linear" if pooling == "pooler" else False, dtype=POLICIES[precision])
        model = keras.Model(encoder.input, {"vectors": pooled(encoder, pooling, folder)})
        return cls(model, encoder, tokenizer, config, max_length, pooling, name or str(folder), "", absolute(pinned(folder)))

    def fingerprint(self) -> str:
        """A hex digest of all that a text's vector depends on: weights, their config, vocabulary, pooling, length."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (self.config, self.tokenizer.fingerprint(), self.pooling, self.max_length):
            digest.update(repr(part).encode())
        for weight in sorted(self._model.weights, key=lambda weight: weight.path):
            digest.update(weight.path.encode())
            digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight.value), np.float32))
        return digest.hexdigest()

    def token_vectors(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Of each text float32 (tokens, hidden size): the last layer's vector of every token, special ones left out."""
        tokens = self.tokens(texts)
        vectors = [None] * len(tokens)
        for numbers, outputs in self._compute("hidden_states", tokens):
            for number, states in zip(numbers, outputs["hidden_states"], strict=False):
                vectors[number] = states[1 : len(tokens[number]) - 1].astype(np.float32)
        return vectors

    def _compute(self, output, tokens):
        """Yields (numbers of texts, outputs of a batch whose first rows they are), long texts first."""
        lengths = np.array([len(each) for each in tokens], int)
        start, order = 0, np.argsort(-lengths, kind="stable")
        while start < len(order):
            size, length = self._shape(int(lengths[order[start]]), len(order) - start, len(order))
            numbers = order[start : start + size]
            token_ids = np.full((size, length), self.tokenizer.vocabulary.pad_id, np.int32)
            for row, number in zip(token_ids, numbers, strict=False):
                row[: lengths[number]] = tokens[number]
            token_ids[len(numbers) :] = token_ids[0]
            yield numbers, self._predict(output, {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)})
            start += size

    def _shape(self, longest, left, count):
        """(rows, length) of the next batch: tokens of its longest text, texts that are left, and of how many."""
        if self._any_shape:
            return min(left, max(1, CACHED_TOKENS // longest)), longest
        lengths = fine_lengths if count >= MIN_TEXTS_FOR_FINE_LENGTHS else bucket_lengths
        length = bucket(longest, lengths(self.max_length))
        return batch_size(length, left), length

    def _predict(self, output, features):
        with self._lock:
            if output not in self._steps:
                model = self._model if output == "vectors" else keras.Model(
                    self._encoder.input, {output: self._encoder.output[output]}
                )  # fmt: skip
                self._steps[output] = Steps(model, None, jit=self._jit)
            return self._steps[output].predict(features)


def trained_pooling(task_model: Any) -> str | None:
    """The pooling that a task_model's task trains, None where it makes no vectors."""
    head = task_model.task.head
    return head.pooling if head.output_kind == "embedding" else None


def pooled(encoder: keras.Model, pooling: str | None, name: str | None) -> Any:
    """float32 (B, D): one vector of the hidden states of an encoder."""
    states = encoder.output["hidden_states"]
    if check_pooling(pooling) == "mean":
        return MaskedPooling("mean", pad_token_id(encoder), name="Vectors-Mean")(states, encoder.input["token_ids"])
    if pooling == "pooler" and "pooled" not in encoder.output:
        raise InputError(f"--pooling pooler: {name} has no pooler. Choose first or mean.")
    return keras.ops.cast(text_vector(encoder) if pooling == "first" else encoder.output["pooled"], "float32")


def fine_lengths(max_length: int | None) -> list[int]:
    """Lengths for many texts: steps of 8 tokens to 64, of 16 to 128, of 32 to 256, then of 64."""
    lengths = [*range(8, 64, 8), *range(64, 128, 16), *range(128, 256, 32), *range(256, max(max_length, 257), 64)]
    return [length for length in lengths if length < max_length] + [max_length]


def batch_size(length: int, count: int) -> int:
    """Rows of a batch for `count` texts of at most `length` tokens."""
    most = max(1, TOKENS_PER_BATCH // length)
    return next((size for size in SMALL_BATCHES if count <= size < most), most)
