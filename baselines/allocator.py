"""Freed memory stays with the process: an update on a CPU asks for the same large buffers again and again.

glibc returns blocks above 32 MB, at most, to the system as soon as they are freed; asked for again they come back as pages that the
kernel fills with zeros one by one, which took a fifth of the processors' time (docs/benchmarks.md).
"""

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Parameters of mallopt(3)."""
LARGEST = (1 << 31) - 1


def keep_freed_memory(environment=os.environ):
    """Tells glibc so. Returns whether it did: not elsewhere, nor where MALLOC_… or GLIBC_TUNABLES say what the user wants."""
    own = any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in environment)
    if not sys.platform.startswith("linux") or own:
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)               # musl has none
    settings = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, LARGEST), (M_TOP_PAD, 64 << 20))
    return mallopt is not None and all([mallopt(name, value) == 1 for name, value in settings])
