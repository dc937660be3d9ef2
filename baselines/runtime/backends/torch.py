"""The PyTorch backend: functions run without a compiler."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import torch

from baselines.runtime import processor
from baselines.runtime.backends.plain_operations import dense, dropout, gelu, layer_norm  # noqa: F401


def compile_function(function: Callable, variables: Sequence) -> Callable:
    """Returns a function (state, *arguments) -> (outputs, state) that runs without gradients."""
    return torch.no_grad()(function)


def traced_once(function: Callable) -> Callable:
    """The function: tracing it costs little here."""
    return function


def optimize_graphs(wanted: bool) -> None:
    """Does nothing: there are no graphs to rewrite."""


def optimization_barrier(array: Any) -> Any:
    """Returns `array`: nothing is compiled."""
    return array


def devices() -> list[str]:
    """Names of the devices that the backend sees."""
    return [str(device) for device in keras.distribution.list_devices()]


def jit_pays() -> bool:
    """Whether XLA is the fastest compiler: nothing is compiled."""
    return False


def bfloat16_pays(jit: bool) -> bool:
    """Whether bf16 is faster: on GPUs that support it, and on CPUs that multiply it."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return processor.multiplies_bfloat16()


def engine_name(jit: bool) -> str:
    """Describes the engine for the log."""
    return "PyTorch, not compiled"


def peaks() -> list[int]:
    """Peak memory of each accelerator, in bytes: not measured."""
    return []
