"""PyTorch: functions run as they are."""

import keras
import torch


def compiled(function, variables):
    """function(state, *arguments) -> (outputs, state), without gradients."""
    return torch.no_grad()(function)


def sealed(array):
    """`array` as it is: nothing is compiled."""
    return array


def devices():
    """Names of the devices that the backend sees."""
    return [str(device) for device in keras.distribution.list_devices()]


def peaks():
    """Bytes that each accelerator has held at most: not asked for."""
    return []
