"""How Keras starts in two thirds of its time: without packages that we do not use through it, and without looking for garbage.

Keras and TensorFlow import optional packages where they are installed: scikit-learn for wrappers, Matplotlib for galleries of
pictures, JAX for a converter of TensorFlow Lite. On TensorFlow, Keras starts in 3.8 seconds of CPU time without them instead of
5.0, on JAX in 2.3 instead of 3.1, and takes 180 and 60 MB less memory. A million new objects and no garbage make Python's collector
look through all of them again and again: without it, another 0.5 and 0.2 seconds less. Seeding TensorFlow beside JAX took 2.2.
"""

import contextlib
import gc
import sys
from collections.abc import Iterator

OPTIONAL = {"tensorflow": ("sklearn", "matplotlib", "jax"), "jax": ("sklearn", "matplotlib"), "torch": ("sklearn", "matplotlib")}
"""Backend of Keras -> packages that it does not need."""


@contextlib.contextmanager
def without_packages(names: tuple[str, ...]) -> Iterator[None]:
    """Within, packages that are not loaded yet are as if they were not installed; afterwards they can be imported.

    Args:
        names: Of top-level packages.
    """
    hidden = [name for name in names if name not in sys.modules]
    sys.modules |= dict.fromkeys(hidden)                                # None: an import raises ModuleNotFoundError
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def without_collections() -> Iterator[None]:
    """Within, Python does not search for cycles of garbage; what has been made stays out of later searches too."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def set_random_seed(seed: int) -> None:
    """Seed Python, NumPy and the backend as keras.utils.set_random_seed does, which would also import TensorFlow to seed it.

    Args:
        seed: 0 to 2**32 - 1.
    """
    import keras
    from keras.src.utils.module_utils import tensorflow

    other = keras.backend.backend() != "tensorflow" and "tensorflow" not in sys.modules
    with without_packages(("tensorflow",) if other else ()):
        keras.utils.set_random_seed(seed)
    if other:
        tensorflow._available = None                                    # Keras has noted that there is none
