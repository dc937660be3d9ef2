"""Allocator settings: the process keeps the buffers of an update for the next, and returns the memory of compilation.

glibc returns large blocks to the system as soon as they are freed. When they are allocated again, the kernel zeroes them page by
page, which took a fifth of the CPU time (docs/benchmarks.md). For TensorFlow, glibc's setting is wrong: new weights would occupy
the block that an update has freed, and the next update would not find a place.
"""

import ctypes
import os
import sys
from collections.abc import MutableMapping

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Parameters of mallopt(3)."""
LARGEST = (1 << 31) - 1
POOL = {"TF_CPU_ALLOCATOR_USE_BFC": "1", "TF_CPU_BFC_MEM_LIMIT_IN_MB": str(1 << 20)}
"""TensorFlow's variables, read when the first array is made: arrays on the CPU come from a pool that grows, as on a GPU."""


def keep_freed_memory(backend: str, environment: MutableMapping[str, str] = os.environ) -> bool:
    """Makes the allocator keep freed memory. Call it before the first array.

    Does nothing if a variable MALLOC_…, GLIBC_TUNABLES or TF_CPU_… says what the user wants, or without glibc.

    Args:
        backend: "tensorflow", "jax" or "torch".
        environment: Environment variables; TensorFlow's are added.

    Returns:
        Whether the allocator was set.
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" or name in POOL for name in environment):
        return False
    if backend == "tensorflow":
        environment.update(POOL)
        return True
    mallopt = _of_glibc("mallopt")
    settings = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, LARGEST), (M_TOP_PAD, 64 << 20))
    return mallopt is not None and all([mallopt(name, value) == 1 for name, value in settings])


def return_freed_memory() -> None:
    """Returns free memory in glibc's heaps to the system: a compiler frees small blocks, which glibc keeps."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name):
    """A function of glibc; None on other systems."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
