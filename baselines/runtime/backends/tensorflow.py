"""The TensorFlow backend."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import optimization_barrier as barrier

from baselines.runtime import processor
from baselines.runtime.backends.tensorflow_operations import dense, dropout, gelu, layer_norm  # noqa: F401

AMPERE = (8, 0)
"""Compute capability of the first GPUs that multiply bfloat16."""


def compile_function(function: Callable, variables: Sequence) -> Callable:
    """Compiles a function with XLA, once per shape. It updates its state in place.

    Args:
        function: (state, *arguments) -> (outputs, state), of pytrees of arrays.
        variables: Keras variables that it reads, with their values at each call.

    Returns:
        The compiled function, with the same arguments.
    """
    programs = {}

    def call(state, *arguments):
        state_variables, leaves = tf.nest.flatten(state), tf.nest.flatten(arguments)
        if not isinstance(state_variables[0], tf.Variable):             # XLA copies tensors, but not variables that it updates
            state = tf.nest.map_structure(tf.Variable, state)
            state_variables = tf.nest.flatten(state)
        given = [leaf for leaf in leaves if leaf is not None]
        key = (*map(id, state_variables), *(leaf is not None and (leaf.shape, leaf.dtype) for leaf in leaves))
        if key not in programs:
            programs[key] = trace(function, state, arguments), state_variables
        # Looked up by shapes, because tf.function takes a millisecond to find the trace for its arguments.
        return programs[key][0](*map(tf.convert_to_tensor, given)), state

    return call


def trace(function: Callable, state: Any, arguments: Any) -> Callable:
    """Traces a concrete function of the tensors in `arguments` that are not None. It updates the variables of `state`."""
    leaves = tf.nest.flatten(arguments)

    @tf.function(jit_compile=True, autograph=False)
    def update(*given):
        given = iter(given)
        filled = tf.nest.pack_sequence_as(arguments, [None if leaf is None else next(given) for leaf in leaves])
        outputs, updated = function(tf.nest.map_structure(tf.convert_to_tensor, state), *filled)
        tf.nest.map_structure(lambda variable, new: variable.assign(new, read_value=False), state, updated)
        return outputs

    return update.get_concrete_function(*(tf.TensorSpec(leaf.shape, leaf.dtype) for leaf in leaves if leaf is not None))


def traced_once(function: Callable) -> Callable:
    """A function of arrays that many graphs call: Python traces it for the first of them only. Numbers may be Python's."""
    graph = tf.function(function, autograph=False)
    return lambda *arguments: graph(*map(tf.convert_to_tensor, arguments))


def optimize_graphs(wanted: bool) -> None:
    """Chooses whether TensorFlow rewrites the graphs that run from now on (Grappler): for a graph that runs often.

    Rewriting takes 0.9 seconds of CPU time for an update of 4 layers, and saves 3% of it: 270 updates of 90 ms.
    """
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not wanted})


def optimization_barrier(array: Any) -> Any:
    """Returns `array`, as a barrier for the compiler: it fuses nothing across it."""
    return array if tf.executing_eagerly() else barrier(array)[0]


def devices() -> list[str]:
    """Names of the devices that the backend sees."""
    return [device.name for device in tf.config.list_logical_devices()]


def jit_pays() -> bool:
    """Whether XLA is faster than TensorFlow's own graph: on GPUs and TPUs, but not on CPUs, where the graph calls oneDNN."""
    return _has_accelerator()


def bfloat16_pays(jit: bool) -> bool:
    """Whether bf16 is faster: on TPUs, GPUs since Ampere, and CPUs that multiply it, but not through XLA."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return all(tf.config.experimental.get_device_details(gpu).get("compute_capability", (0,)) >= AMPERE for gpu in gpus)
    return _has_accelerator() or not jit and processor.multiplies_bfloat16()


def engine_name(jit: bool) -> str:
    """Describes the engine for the log."""
    return f"compiled by XLA for {_kind()}" if jit else f"TensorFlow graph on {_kind()}"


def _has_accelerator():
    return bool(tf.config.list_physical_devices("GPU") or tf.config.list_logical_devices("TPU"))


def _kind():
    if _has_accelerator():
        return "GPU" if tf.config.list_physical_devices("GPU") else "TPU"
    return f"CPU ({processor.name()})"


def peaks() -> list[int]:
    """Peak memory of each GPU, in bytes."""
    return [tf.config.experimental.get_memory_info(gpu.name)["peak"] for gpu in tf.config.list_logical_devices("GPU")]
