"""The JAX backend."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras

from baselines.runtime.backends.plain_operations import dense, dropout, gelu, layer_norm  # noqa: F401

AMPERE = 8.0
"""Compute capability of the first GPUs that multiply bfloat16."""


def compile_function(function: Callable, variables: Sequence) -> Callable:
    """Compiles a function once per shape. It updates its state in place.

    Args:
        function: (state, *arguments) -> (outputs, state), of pytrees of arrays.
        variables: Keras variables that it reads, with their values at each call.

    Returns:
        The compiled function, with the same arguments.
    """

    def pure(values, state, *arguments):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return function(state, *arguments)

    inner = jax.jit(pure, donate_argnums=1)
    # Not `value`, which looks for scopes that are never open here: with a hundred weights that takes half a millisecond.
    return lambda state, *arguments: inner([variable._value for variable in variables], state, *arguments)


def traced_once(function: Callable) -> Callable:
    """The function: tracing it costs little here."""
    return function


def optimize_graphs(wanted: bool) -> None:
    """Does nothing: there are no graphs to rewrite."""


def optimization_barrier(array: Any) -> Any:
    """Returns `array`, as a barrier for the compiler: it fuses nothing across it."""
    return jax.lax.optimization_barrier(array)


def devices() -> list[str]:
    """Names of the devices that the backend sees."""
    return [str(device) for device in keras.distribution.list_devices()]


def jit_pays() -> bool:
    """Whether XLA is the fastest compiler: JAX has no other."""
    return True


def bfloat16_pays(jit: bool) -> bool:
    """Whether bf16 is faster: on TPUs and on GPUs since Ampere. On CPUs, XLA multiplies bf16 as slowly as float32."""
    device = jax.local_devices()[0]
    if device.platform == "gpu":
        return float(getattr(device, "compute_capability", 0)) >= AMPERE
    return device.platform == "tpu"


def engine_name(jit: bool) -> str:
    """Describes the engine for the log."""
    return f"compiled by XLA for {jax.default_backend().upper()}"


def peaks() -> list[int]:
    """Peak memory of each accelerator, in bytes."""
    return [stats["peak_bytes_in_use"] for stats in (device.memory_stats() for device in jax.local_devices()) if stats]
