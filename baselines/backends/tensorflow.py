"""TensorFlow."""

import tensorflow as tf


def compiled(function, variables):
    """function(state, *arguments) -> (outputs, state), compiled by XLA once for each shape.

    function    of pytrees of arrays; reads `variables` as they are when it is called
    """
    return tf.function(function, jit_compile=True, autograph=False)


def devices():
    """Names of the devices that the backend sees."""
    return [device.name for device in tf.config.list_logical_devices()]


def peaks():
    """Bytes that each accelerator has held at most."""
    return [tf.config.experimental.get_memory_info(gpu.name)["peak"] for gpu in tf.config.list_logical_devices("GPU")]
