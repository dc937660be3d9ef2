"""TensorFlow: batches sharded over the devices of one machine, weights replicated, by `tf.distribute.MirroredStrategy`."""

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from baselines.errors import InputError


def join_hosts() -> None:
    """Raises InputError where the environment names several: TensorFlow's are not supported."""
    if os.environ.get("KERAS_DISTRIBUTION_JOB_ADDRESSES"):
        raise InputError(
            "KERAS_DISTRIBUTION_JOB_ADDRESSES: TensorFlow does not run on several hosts here. Set KERAS_BACKEND=jax."
        )


def host() -> tuple[int, int]:
    """(number of this process, how many there are)."""
    return 0, 1


def available() -> list[str]:
    """The names of the GPUs, else of the CPUs."""
    return [device.name for device in tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")]


def any_shape() -> bool:
    """Whether predictions of batches of many shapes are quick: on CPUs, where graphs that XLA has not compiled are as fast."""
    return shares() == 1 and not tf.config.list_logical_devices("GPU")


def spread(devices: Sequence[str], model_parallel: int = 1) -> None:
    """Models built from now on train on these devices."""
    if model_parallel > 1:
        raise InputError("--model_parallel: not supported on TensorFlow. Set KERAS_BACKEND=jax.")
    tf.distribute.experimental_set_strategy(_mirrored(tuple(devices)) if len(devices) > 1 else None)


@functools.cache
def _mirrored(devices):
    """One for a process: TensorFlow's collective operations know groups of devices by number, and each strategy counts from 1."""
    if _mirrored.cache_info().currsize:
        raise InputError("--devices: TensorFlow cannot change its choice of devices within a process. Start a new process.")
    return tf.distribute.MirroredStrategy(list(devices))


def shares() -> int:
    """How many parts a batch is cut into."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica() -> Any:
    """The context of one device within a step that several share; None elsewhere."""
    return tf.distribute.get_replica_context() if shares() > 1 else None


def mean(arrays: Sequence) -> Any:
    """The mean over the devices of each array of a list; differentiable."""
    return replica().all_reduce(tf.distribute.ReduceOp.MEAN, arrays) if replica() else arrays


def share(arrays: Sequence) -> Any:
    """Each array of a list divided by the number of devices that add them up."""
    return [array / shares() for array in arrays] if replica() else arrays


def total(array: Any) -> Any:
    """The sum over the devices that share a batch; differentiable."""
    return replica().all_reduce(tf.distribute.ReduceOp.SUM, array) if replica() else array


def shard_batch(batch: dict) -> Any:
    """The arrays of a batch cut into equal parts, one for each device."""
    if shares() == 1:
        return batch

    def part(context):
        def cut(array):
            rows, rest = divmod(len(array), shares())
            if rest:
                raise ValueError(f"{len(array)} rows do not divide among {shares()} devices. Pad the batch.")
            return tf.convert_to_tensor(array[context.replica_id_in_sync_group * rows :][:rows])

        return keras.tree.map_structure(cut, batch)

    return tf.distribute.get_strategy().experimental_distribute_values_from_function(part)


def concatenate_rows(outputs: Any) -> Any:
    """Rows of all devices in the order of the batch."""
    if shares() == 1:
        return outputs
    local = tf.distribute.get_strategy().experimental_local_results
    return keras.tree.map_structure(lambda values: tf.concat(local(values), axis=0), outputs)


def take_first(function: Callable) -> Callable:
    """A function that returns the first device's results, which all devices share."""
    local = tf.distribute.get_strategy().experimental_local_results
    return lambda *arguments: keras.tree.map_structure(lambda value: local(value)[0], function(*arguments))


def assign(variables: Sequence, values: Sequence) -> None:
    """Each device assigns its own values to its own copies."""

    def update(strategy, values):
        for variable, value in zip(variables, values, strict=True):
            strategy.extended.update(variable.value, lambda copy, new: copy.assign(new), args=(value,), group=False)

    replica().merge_call(update, args=(list(values),))


def own_seed(seed: Any, sign: int) -> Any:
    """A seed int64 (2,) that differs between devices, from the one that all have; sign -1 takes it back."""
    if not replica():
        return seed
    number = tf.cast(replica().replica_id_in_sync_group, seed.dtype)
    return seed + sign * tf.stack([number, tf.zeros_like(number)])
