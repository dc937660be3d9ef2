"""PyTorch: one device, Keras' default one."""

from baselines.errors import InputError


def join_hosts():
    """Nothing to do: one process."""


def host():
    """(number of this process, how many there are)."""
    return 0, 1


def available():
    """The name of the device that Keras computes on."""
    from keras.src.backend.torch.core import get_device

    return [str(get_device())]


def any_shape():
    """Whether predictions of batches of many shapes are quick."""
    return False


def spread(devices, model_parallel=1):
    """Raises InputError for more than one."""
    if len(devices) > 1:
        raise InputError("--devices: expected one with KERAS_BACKEND=torch. Several devices: KERAS_BACKEND=jax or tensorflow.")


def shares():
    """How many parts a batch is cut into."""
    return 1
