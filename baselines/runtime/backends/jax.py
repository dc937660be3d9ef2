"""JAX."""

import jax
import keras

AMPERE = 8.0
"""Compute capability of the first GPUs that multiply bfloat16."""


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


def jit_pays():
    """There is nothing but XLA."""
    return True


def bfloat16_pays(jit):
    """On TPUs and on GPUs since Ampere; XLA's products on CPUs are as slow in bf16 as in float32."""
    device = jax.local_devices()[0]
    if device.platform == "gpu":
        return float(getattr(device, "compute_capability", 0)) >= AMPERE
    return device.platform == "tpu"


def engine_name(jit):
    """For people."""
    return f"compiled by XLA for {jax.default_backend().upper()}"


def peaks():
    """Bytes that each accelerator has held at most."""
    return [found["peak_bytes_in_use"] for found in (device.memory_stats() for device in jax.local_devices()) if found]
