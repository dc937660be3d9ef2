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
    # Not their `value`, which asks for scopes that nobody has opened here: of a hundred weights that takes half a millisecond.
    return lambda state, *arguments: inner([variable._value for variable in variables], state, *arguments)


def sealed(array):
    """`array` as it is; inside of what is compiled, nothing that follows is computed together with what was before."""
    return jax.lax.optimization_barrier(array)


def devices():
    """Names of the devices that the backend sees."""
    return [str(device) for device in keras.distribution.list_devices()]


def peaks():
    """Bytes that each accelerator has held at most."""
    return [found["peak_bytes_in_use"] for found in (device.memory_stats() for device in jax.local_devices()) if found]
