"""TensorFlow."""

import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import optimization_barrier

from baselines.runtime import processor

AMPERE = (8, 0)
"""Compute capability of the first GPUs that multiply bfloat16."""


def compiled(function, variables):
    """function(state, *arguments) -> (outputs, state), compiled by XLA once for each shape; state is updated in place.

    function    of pytrees of arrays; reads `variables` as they are when it is called
    """
    made = {}

    def call(state, *arguments):
        kept, leaves = tf.nest.flatten(state), tf.nest.flatten(arguments)
        if not isinstance(kept[0], tf.Variable):                        # XLA copies tensors, but not variables that it updates
            state = tf.nest.map_structure(tf.Variable, state)
            kept = tf.nest.flatten(state)
        given = [leaf for leaf in leaves if leaf is not None]
        key = (*map(id, kept), *(leaf is not None and (leaf.shape, leaf.dtype) for leaf in leaves))
        if key not in made:
            made[key] = traced(function, state, arguments), kept
        # Called by its shapes, for tf.function takes a millisecond to find out which of its traces these arguments are for.
        return made[key][0](*map(tf.convert_to_tensor, given)), state

    return call


def traced(function, state, arguments):
    """A concrete function of those tensors in `arguments` that are not None; it updates the variables of `state`."""
    leaves = tf.nest.flatten(arguments)

    @tf.function(jit_compile=True, autograph=False)
    def update(*given):
        given = iter(given)
        filled = tf.nest.pack_sequence_as(arguments, [None if leaf is None else next(given) for leaf in leaves])
        outputs, updated = function(tf.nest.map_structure(tf.convert_to_tensor, state), *filled)
        tf.nest.map_structure(lambda variable, new: variable.assign(new, read_value=False), state, updated)
        return outputs

    return update.get_concrete_function(*(tf.TensorSpec(leaf.shape, leaf.dtype) for leaf in leaves if leaf is not None))


def sealed(array):
    """`array` as it is; inside of what is compiled, nothing that follows is computed together with what was before."""
    return array if tf.executing_eagerly() else optimization_barrier(array)[0]


def devices():
    """Names of the devices that the backend sees."""
    return [device.name for device in tf.config.list_logical_devices()]


def jit_pays():
    """Whether XLA is quicker than TensorFlow's own graph: on GPUs and TPUs, not on CPUs, where the graph calls oneDNN."""
    return _has_accelerator()


def bfloat16_pays(jit):
    """On GPUs since Ampere and TPUs; on processors that multiply it, but not through XLA."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return all(tf.config.experimental.get_device_details(gpu).get("compute_capability", (0,)) >= AMPERE for gpu in gpus)
    return _has_accelerator() or not jit and processor.multiplies_bfloat16()


def engine_name(jit):
    """For people."""
    return f"compiled by XLA for {_kind()}" if jit else f"TensorFlow graph on {_kind()}"


def _has_accelerator():
    return bool(tf.config.list_physical_devices("GPU") or tf.config.list_logical_devices("TPU"))


def _kind():
    if _has_accelerator():
        return "GPU" if tf.config.list_physical_devices("GPU") else "TPU"
    return f"CPU ({processor.name()})"


def peaks():
    """Bytes that each accelerator has held at most."""
    return [tf.config.experimental.get_memory_info(gpu.name)["peak"] for gpu in tf.config.list_logical_devices("GPU")]
