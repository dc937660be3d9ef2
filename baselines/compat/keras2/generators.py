"""Arrays and generators of batches as Keras 2 took them: lists of numbers, lists of inputs, batches of any length."""

import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from baselines.compat.keras2.recorded import is_symbolic


def array(x: Any) -> Any:
    """Numbers as an array, of Keras' float type if they are floats; anything else as it is."""
    if isinstance(x, (list, tuple, np.ndarray)):
        x = np.asarray(x)
        return x.astype(keras.config.floatx()) if x.dtype == np.float64 else x
    return x


def arrays(x: Any) -> Any:
    """Lists of numbers as arrays, as Keras 2 took them: [[ids], [segments]] are two inputs."""
    if isinstance(x, (list, tuple)) and x and not is_symbolic(x):
        return type(x)(array(each) for each in x)
    return array(x)


def is_generator(x: Any) -> bool:
    """Whether x yields batches one after the other."""
    return hasattr(x, "__next__")


def batches(generator: Any) -> Any:
    """A generator's batches with tuples in place of lists, in which Keras 3 sees single arrays.

    On TensorFlow a dataset whose axes all have an open length: Keras 3 takes an axis of which the first two batches have one length
    for one of that length, and stops at the first batch of another.
    """
    found = _tuples(generator)
    return found if keras.backend.backend() != "tensorflow" else _dataset(found)


def _tuples(generator: Any) -> Iterator:
    for batch in generator:
        parts = batch if isinstance(batch, (list, tuple)) else (batch,)
        parts = [part for part in parts if part is not None]
        yield tuple(tuple(map(array, part)) if isinstance(part, (list, tuple)) else array(part) for part in parts)


def _dataset(found: Iterator) -> Any:
    import tensorflow as tf

    first = next(found)
    spec = tf.nest.map_structure(lambda x: tf.TensorSpec([None] * np.ndim(x), np.asarray(x).dtype), first)
    rest = itertools.chain([first], found)
    return tf.data.Dataset.from_generator(lambda: rest, output_signature=spec)
