"""Imports that cost a fifth of the time in which Keras starts, and that we use nothing of.

Keras and TensorFlow import optional packages where they are installed: scikit-learn for wrappers, Matplotlib for galleries of
pictures, JAX for a converter of TensorFlow Lite. On TensorFlow, Keras starts in 3.8 seconds of CPU time without them instead of
5.0, on JAX in 2.3 instead of 3.1, and takes 180 and 60 MB less memory.
"""

import contextlib
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
