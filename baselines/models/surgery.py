"""Part of a checkpoint, or a checkpoint of other sizes, in a model: some blocks only, tensors resized."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from baselines.errors import InputError
from baselines.models.config import Config
from baselines.models.families import family
from baselines.weights.load import weights_by_path
from baselines.weights.names import WeightName, google_spellings, hugging_face_spellings

BLOCK = re.compile(r"^Transformer-(\d+)-")
WINDOW = 2
"""Neighboring rows that stay together while rows are repeated: heads and rotary pairs."""


class Subset(Mapping):
    """The tensors of a checkpoint without some of them; everything else about it is the checkpoint's."""

    def __init__(self, tensors: Mapping[str, np.ndarray], without: set[str]):
        self.tensors, self.without = tensors, without

    def __getitem__(self, name: str) -> np.ndarray:
        if name in self.without:
            raise KeyError(name)
        return self.tensors[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.tensors if name not in self.without)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tensors, name)


def check_blocks(kept: Sequence[int], count: int) -> None:
    """Raises InputError unless `kept` are different numbers of blocks, below `count`."""
    if len(set(kept)) != len(kept) or not all(type(index) is int and 0 <= index < count for index in kept):
        raise InputError(f"keep_hidden_layers={list(kept)}: the model has the blocks 0 to {count - 1}. Give some of them, once.")


def kept_blocks(
    tensors: Mapping[str, np.ndarray], config: Config, kept: Sequence[int]
) -> tuple[Mapping[str, np.ndarray], dict[str, WeightName]]:
    """(The tensors without those of other blocks, the names of a model that has the `kept` ones).

    Args:
        tensors: Of the checkpoint.
        config: Of the checkpoint, with all of its blocks.
        kept: Their numbers, in their new order.
    """
    whole = family(config.model_type).weight_names(config)
    numbers = {path: int(match[1]) for path in whole for match in [BLOCK.match(path)] if match}
    names = {path: name for path, name in whole.items() if path not in numbers}
    for new, old in enumerate(kept):
        names |= {BLOCK.sub(f"Transformer-{new}-", path): whole[path] for path, number in numbers.items() if number == old}
    unused = {path for path, number in numbers.items() if number not in kept}
    spellings = {each for path in unused for each in (*google_spellings(whole[path]), *hugging_face_spellings(whole[path]))}
    return Subset(tensors, spellings & set(tensors)), names


def resizers(model: keras.Model, config: Config) -> dict[str, Callable]:
    """{variable path: function that gives a tensor the variable's shape}: bert4keras' autoresize_weights."""
    return {
        path: functools.partial(resized_weight, shape=tuple(weight.shape), path=path, config=config)
        for path, weight in weights_by_path(model).items()
    }


def resized_weight(array: np.ndarray, shape: tuple[int, ...], path: str, config: Config) -> np.ndarray:
    """A weight in another shape, scaled so that what its layer computes keeps its size.

    Queries and keys by the fourth root of how many columns there are more, because scores are divided by the root of their number;
    the feed-forward's inner weights by the square root, and its outer ones by that of how many rows there are fewer.
    """
    if array.shape == shape or array.ndim != len(shape):
        return array
    result = orthogonally_resized(array, shape)
    columns = shape[-1] / array.shape[-1]
    if re.search(r"SelfAttention/(query|key)/", path) and config.attention_scale != "none":
        return result * columns**0.25
    if "-FeedForward/" in path:
        inner = "/inner/" in path and config.hidden_act not in ("relu", "leaky_relu")
        return result * (columns**0.5 if inner else (array.shape[0] / shape[0]) ** 0.5)
    return result


def orthogonally_resized(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The array cut, or with its rows or columns repeated in pairs, and of the norm that it had, as in bert4keras.

    Raises InputError for an axis of odd size that must grow.
    """
    norm = np.linalg.norm(array)
    for axis, (old, new) in enumerate(zip(array.shape, shape, strict=True)):
        times = -(-new // old)
        if times > 1:
            if old % WINDOW:
                raise InputError(f"autoresize: a tensor of the shape {array.shape} has {old} rows, an odd number. Choose others.")
            pairs = np.moveaxis(array, axis, 0).reshape(old // WINDOW, 1, WINDOW, -1)
            repeated = np.repeat(pairs, times, axis=1).reshape(old * times, *np.moveaxis(array, axis, 0).shape[1:])
            array = np.moveaxis(repeated, 0, axis)
    array = array[tuple(slice(size) for size in shape)]
    return array * (norm / max(np.linalg.norm(array), 1e-30))


def chained(first: Mapping[str, Callable], then: Mapping[str, Callable]) -> dict[str, Callable]:
    """{path: function}: where both have one, `then` of what `first` returns."""
    both = {path: functools.partial(_composed, first[path], then[path]) for path in first if path in then}
    return {**first, **then, **both}


def _composed(first, then, array):
    return then(first(array))
