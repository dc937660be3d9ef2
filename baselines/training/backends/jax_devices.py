"""JAX: batches sharded over devices and hosts, weights replicated or sharded, by `keras.distribution`.

Every process computes the same batches and hands its own devices their rows. XLA compiles one program for all devices, in which
the strategies' sums, norms and random numbers are those of the whole batch.
"""

import os
from collections.abc import Sequence
from typing import Any

import jax
import keras

from baselines.errors import InputError

LAYOUT = {
    r"(.*/)?[^/]*Attention/(query|key|value)/kernel": (None, "model"),
    r"(.*/)?[^/]*Attention/(query|key|value)/bias": ("model",),
    r"(.*/)?[^/]*Attention/output/kernel": ("model", None),
    r"(.*/)?[^/]*FeedForward/(inner|gate)/kernel": (None, "model"),
    r"(.*/)?[^/]*FeedForward/(inner|gate)/bias": ("model",),
    r"(.*/)?[^/]*FeedForward/outer/kernel": ("model", None),
    r"(.*/)?Embedding-Token/embeddings": (None, "model"),
}
"""Variable path -> the axis along which `--model_parallel` cuts it: heads and inner units, arXiv:1909.08053; all else is copied."""
HOSTS = ("KERAS_DISTRIBUTION_JOB_ADDRESSES", "KERAS_DISTRIBUTION_NUM_PROCESSES", "KERAS_DISTRIBUTION_PROCESS_ID")


def join_hosts() -> None:
    """Joins the other processes of a run that the environment names; before anything is computed. "auto": JAX asks the launcher."""
    address, *numbers = (os.environ.get(name, "") for name in HOSTS)
    if address == "auto":
        jax.distributed.initialize()
    elif address:
        for name, number in zip(HOSTS[1:], numbers, strict=True):
            if not number.isdecimal():
                raise InputError(f"{name}={number!r}, but {HOSTS[0]}={address} needs a whole number there. Set it.")
        count, process = map(int, numbers)
        if process >= count:
            raise InputError(f"{HOSTS[2]}={process}, but {HOSTS[1]}={count}. Number the processes from 0 to {count - 1}.")
        jax.distributed.initialize(address.partition(",")[0], count, process)


def host() -> tuple[int, int]:
    """(number of this process, how many there are)."""
    return jax.process_index(), jax.process_count()


def available() -> list[str]:
    """The names of all devices, of all hosts."""
    return keras.distribution.list_devices()


def any_shape() -> bool:
    """Whether predictions of batches of many shapes are quick."""
    return False


def spread(devices: Sequence[str], model_parallel: int = 1) -> None:
    """Models built from now on train on these devices, each weight of LAYOUT cut over `model_parallel` of them."""
    distribution = None
    if model_parallel > 1:
        shape = (len(devices) // model_parallel, model_parallel)
        layout = keras.distribution.LayoutMap(keras.distribution.DeviceMesh(shape, ("batch", "model"), devices))
        for path, axes in LAYOUT.items():
            layout[path] = axes
        distribution = keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
    elif len(devices) > 1:
        distribution = keras.distribution.DataParallel(devices=devices)
    keras.distribution.set_distribution(distribution)


def shares() -> int:
    """How many parts a batch is cut into."""
    distribution = keras.distribution.distribution()
    return distribution.num_model_replicas if distribution else 1


def shard_batch(batch: dict) -> Any:
    """The arrays of a batch on the devices, rows cut into equal parts."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return batch

    def cut(array):
        layout = distribution.get_data_layout(array.shape).backend_layout
        return jax.make_array_from_callback(array.shape, layout, lambda part: array[part])

    return keras.tree.map_structure(cut, batch)


def shardings(arrays: Sequence) -> list:
    """The shardings of arrays, for `out_shardings`; None, the compiler's choice, without distribution."""
    result = keras.tree.map_structure(lambda array: array.sharding, arrays)
    return result if keras.distribution.distribution() else [None] * len(arrays)


def replicated_sharding() -> Any:
    """The sharding of outputs that every host reads: a copy on each device. None on one host, which reads all parts."""
    if jax.process_count() == 1:
        return None
    mesh = keras.distribution.distribution().device_mesh.backend_mesh
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
