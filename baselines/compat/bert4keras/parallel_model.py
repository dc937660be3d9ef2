"""data_parallel: one model on several devices, each with a part of every batch."""

from collections.abc import Sequence
from typing import Any

import keras

from baselines.compat.bert4keras.backend import get_available_gpus
from baselines.compat.bert4keras.small_layers import BatchConcat, BatchSplit
from baselines.compat.keras2.notices import translated


def data_parallel(model: keras.Model, devices: Any = None, parts: Sequence[float] | None = None) -> keras.Model:
    """A model that cuts batches into parts, one for each device, and joins the outputs.

    Args:
        model: The model; its weights are shared.
        devices: Their names or number; all GPUs by default, and the model itself where there is at most one.
        parts: Sizes of the parts relative to each other; equal by default.
    """
    devices = get_available_gpus() if devices is None else devices
    count = devices if isinstance(devices, int) else len(devices)
    if count < 2:
        return model
    translated("data_parallel", "parts of each batch; a strategy's scope or keras.distribution places them on devices")
    pieces = BatchSplit(list(parts) if parts is not None else count)(list(model.inputs))
    outputs = [model(pieces[index::count]) for index in range(count)]
    outputs = [each if isinstance(each, (list, tuple)) else [each] for each in outputs]
    joined = [BatchConcat()(list(each)) for each in zip(*outputs, strict=True)]
    return keras.Model(list(model.inputs), joined if len(joined) > 1 else joined[0])
