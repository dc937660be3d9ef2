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


def batches(generator: Any, model: keras.Model) -> Any:
    """A generator's batches with tuples in place of lists, in which Keras 3 sees single arrays.

    On TensorFlow a dataset whose axes have an open length where the model's inputs have: Keras 3 takes an axis of which the first
    two batches have one length for one of that length, and stops at the first batch of another.
    """
    found = _tuples(generator)
    return found if keras.backend.backend() != "tensorflow" else _dataset(found, model)


def _tuples(generator: Any) -> Iterator:
    for batch in generator:
        parts = batch if isinstance(batch, (list, tuple)) else (batch,)
        parts = [part for part in parts if part is not None]
        yield tuple(tuple(map(array, part)) if isinstance(part, (list, tuple)) else array(part) for part in parts)


def _dataset(found: Iterator, model: keras.Model) -> Any:
    import tensorflow as tf

    first = next(found)
    inputs, outputs = ([tensor.shape for tensor in getattr(model, name, None) or []] for name in ("inputs", "outputs"))
    known = [_known_axes(first[0], inputs, False), *(_known_axes(part, outputs, True) for part in first[1:])]
    spec = tf.nest.map_structure(lambda shape, x: tf.TensorSpec(shape, np.asarray(x).dtype), _shapes(first, known), first)
    rest = itertools.chain([first], found)
    return tf.data.Dataset.from_generator(lambda: rest, output_signature=spec)


def _known_axes(part, shapes, targets):
    """The static shapes of a part's arrays: of the model's tensor beside each; of targets the last axis, if it is its or 1."""
    arrays_of_part = part if isinstance(part, tuple) else (part,)
    found = []
    for index, each in enumerate(arrays_of_part):
        shape = np.shape(each)
        reference = shapes[index] if index < len(shapes) and len(shapes[index]) == len(shape) else (None,) * len(shape)
        if targets:
            last = shape[-1:] if shape[-1:] in ((1,), reference[-1:]) else (None,)
            reference = (None,) * (len(shape) - 1) + last
        found.append((None, *reference[1:]) if shape else ())
    return found


def _shapes(first, known):
    """The static shapes in the structure of a batch."""
    import tensorflow as tf

    named = [tuple(map(tf.TensorShape, each)) for each in known]
    return tuple(shapes if isinstance(part, tuple) else shapes[0] for part, shapes in zip(first, named, strict=True))
