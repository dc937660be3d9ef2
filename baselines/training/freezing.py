"""Weights that do not learn: `--freeze embeddings`, or `--freeze 6` for the embeddings and the six lowest blocks.

They have no gradients and no slots of the optimizer, and the backward pass ends above them.
"""

import re
import typing
from collections.abc import Iterator

from baselines.errors import InputError

if typing.TYPE_CHECKING:
    import keras

NONE, EMBEDDINGS = "none", "embeddings"
_BLOCK = re.compile(r"(?:Encoder-)?(?:Transformer|ON-LSTM)-(\d+)(?=-|$)")
_EMBEDDING = re.compile(r"(?:Encoder-)?Embedding-")


def parse(text: str) -> int | None:
    """The number of blocks of `--freeze`: None for "none", 0 for "embeddings". Raises InputError."""
    if text in (NONE, EMBEDDINGS):
        return None if text == NONE else 0
    if text.isdecimal() and len(text) < 5 and int(text) > 0:
        return int(text)
    raise InputError(f"--freeze: expected {NONE}, {EMBEDDINGS} or a number of blocks. Received: {text[:40]!r}")


def freeze(model: "keras.Model", text: str) -> None:
    """Makes the layers that `--freeze` names untrainable.

    Args:
        model: Keras model with layers named Embedding-… and Transformer-<i>-….
        text: As `parse` takes it.

    Raises:
        InputError: The model has fewer blocks, or blocks that share their weights.
    """
    count = parse(text)
    if count is None:
        return
    numbered = {layer: int(match[1]) for layer in _layers(model) for match in [_BLOCK.match(layer.name)] if match}
    blocks = len(set(numbered.values()))
    if count > blocks:
        known = f"has {blocks} blocks" if blocks else "has no blocks with weights of their own"
        raise InputError(f"--freeze {count}: the model {known}. Choose a smaller number, or {EMBEDDINGS}.")
    for layer in _layers(model):
        if _EMBEDDING.match(layer.name) or numbered.get(layer, count) < count:
            layer.trainable = False


def _layers(model: "keras.Model") -> "Iterator[keras.Layer]":
    import keras  # here: the command line checks flags before Keras is loaded

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer
