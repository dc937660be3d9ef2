"""JAX."""

import jax
import keras


def compiled(function, variables):
    """function(state, *arguments) -> (outputs, state), compiled once for each shape; state is updated in place.

    function    of pytrees of arrays; reads `variables` as they are when it is called
    """

    def pure(values, state, *arguments):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return function(state, *arguments)

    inner = jax.jit(pure, donate_argnums=1)
    return lambda state, *arguments: inner([variable.value for variable in variables], state, *arguments)


def devices():
    """Names of the devices that the backend sees."""
    return [str(device) for device in keras.distribution.list_devices()]


def peaks():
    """Bytes that each accelerator has held at most."""
    return [found["peak_bytes_in_use"] for found in (device.memory_stats() for device in jax.local_devices()) if found]
