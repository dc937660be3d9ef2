"""Freed memory: an update's buffers stay with the process, which asks for the same ones again; what compiling took goes back.

glibc returns blocks above 32 MB, at most, to the system as soon as they are freed; asked for again they come back as pages that the
kernel fills with zeros one by one, which took a fifth of the processors' time (docs/benchmarks.md). For TensorFlow glibc's setting
is wrong: new weights would settle in the block that an update has freed, and the next update would not find its place.
"""

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Parameters of mallopt(3)."""
LARGEST = (1 << 31) - 1
POOL = {"TF_CPU_ALLOCATOR_USE_BFC": "1", "TF_CPU_BFC_MEM_LIMIT_IN_MB": str(1 << 20)}
"""TensorFlow's variables, read when the first array is made: arrays on the CPU come from a pool that grows, as on a GPU."""


def keep_freed_memory(backend, environment=os.environ):
    """Tells "tensorflow" or, for "jax", glibc so, before the first array; returns whether it did.

    Not where MALLOC_…, GLIBC_TUNABLES or TF_CPU_… say what the user wants, and glibc only where it is.
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" or name in POOL for name in environment):
        return False
    if backend == "tensorflow":
        environment.update(POOL)
        return True
    mallopt = _of_glibc("mallopt")
    settings = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, LARGEST), (M_TOP_PAD, 64 << 20))
    return mallopt is not None and all([mallopt(name, value) == 1 for name, value in settings])


def return_freed_memory():
    """Gives the system what is free in glibc's heaps. A compiler frees in small pieces, of which glibc returns none by itself."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name):
    """One of its functions; None elsewhere, such as for musl."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
