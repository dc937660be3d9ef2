"""PyTorch: functions run as they are."""

import keras
import torch

from baselines.runtime import processor


def compiled(function, variables):
    """function(state, *arguments) -> (outputs, state), without gradients."""
    return torch.no_grad()(function)


def sealed(array):
    """`array` as it is: nothing is compiled."""
    return array


def devices():
    """Names of the devices that the backend sees."""
    return [str(device) for device in keras.distribution.list_devices()]


def jit_pays():
    """Nothing is compiled."""
    return False


def bfloat16_pays(jit):
    """On GPUs that support it, and on processors that multiply it."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return processor.multiplies_bfloat16()


def engine_name(jit):
    """For people."""
    return "PyTorch, not compiled"


def peaks():
    """Bytes that each accelerator has held at most: not asked for."""
    return []
