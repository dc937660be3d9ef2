"""TensorFlow's own graphs for batches of every length. A trace takes seconds of Python, so one has to serve them all."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf


class AnyLengthGraph:
    """A function of batches as one graph, in which the axes of tokens have no fixed size.

    An axis is open from the first call on if it is as long as the batch's rows. It is traced once more when another axis changes
    its size, which is open from then on.

    Args:
        function: function(*arguments) of pytrees of arrays. A dict among the arguments is a batch or the features of one.
        model: The functional Keras model. The last axis of an input is that of tokens where the model leaves its size open.
        any_rows: Whether the first axis of a batch's arrays is open from the first call on.
    """

    def __init__(self, function: Callable, model: keras.Model, any_rows: bool = False):
        self._function, self._any_rows, self._graphs = function, any_rows, {}
        self._names = [name for name, array in model.input.items() if array.shape[-1] is None]

    def __call__(self, *arguments: Any) -> Any:
        """function(*arguments)."""
        structure = str(tf.nest.map_structure(lambda array: array.dtype, arguments))
        specs, graph = self._graphs.get(structure, (None, None))
        if graph is None or not _fits(specs, arguments):
            new = tuple(map(self._spec, arguments))
            specs = new if graph is None else tf.nest.map_structure(_both, specs, new)
            graph = tf.function(self._function, input_signature=specs, autograph=False)
            self._graphs[structure] = specs, graph
        return graph(*arguments)

    def _spec(self, argument):
        """The TensorSpecs of an argument."""
        if not isinstance(argument, dict):
            return tf.nest.map_structure(lambda array: tf.TensorSpec(array.shape, array.dtype), argument)
        features = argument.get("features", argument)
        lengths = {features[name].shape[-1] for name in self._names}

        def opened(array):
            sizes = [None if size in lengths else size for size in array.shape]
            sizes[:1] = [None if self._any_rows else size for size in array.shape[:1]]
            return tf.TensorSpec(sizes, array.dtype)

        return tf.nest.map_structure(opened, argument)


def _fits(specs, arguments):
    pairs = zip(tf.nest.flatten(specs), tf.nest.flatten(arguments), strict=True)
    return all(spec.shape.is_compatible_with(array.shape) for spec, array in pairs)


def _both(spec, other):
    return tf.TensorSpec(spec.shape.most_specific_compatible_shape(other.shape), spec.dtype)
