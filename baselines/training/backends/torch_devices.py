"""PyTorch: one device, Keras' default one."""

from collections.abc import Sequence

from baselines.errors import InputError


def join_hosts() -> None:
    """Nothing to do: one process."""


def host() -> tuple[int, int]:
    """(number of this process, how many there are)."""
    return 0, 1


def available() -> list[str]:
    """The name of the device that Keras computes on."""
    from keras.src.backend.torch.core import get_device

    return [str(get_device())]


def any_shape() -> bool:
    """Whether predictions of batches of many shapes are quick."""
    return False


def spread(devices: Sequence[str], model_parallel: int = 1) -> None:
    """Raises InputError for more than one."""
    if len(devices) > 1:
        raise InputError("--devices: PyTorch trains on one device here. Set KERAS_BACKEND=jax or tensorflow for several.")


def shares() -> int:
    """How many parts a batch is cut into."""
    return 1
