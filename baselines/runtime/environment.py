"""Versions, devices and hashes: what a bug report and a run folder need to tell."""

import importlib.metadata
import os
import platform
import re
import sys
from pathlib import Path

PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "jax", "jaxlib", "torch", "numpy", "tokenizers", "safetensors", "jieba")


def versions():
    """{"python", "platform", "backend", "packages"}; imports no backend."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    backend = sys.modules["keras"].backend.backend() if "keras" in sys.modules else os.environ.get("KERAS_BACKEND", "tensorflow")
    return {"python": platform.python_version(), "platform": platform.platform(), "backend": backend, "packages": found}


def devices():
    """Names of the devices that the backend sees."""
    from baselines.runtime import backends

    return backends.current().devices()


def peak_memory():
    """{"host", "device"}: bytes that this process has held at most; device is that of the fullest accelerator, or None."""
    from baselines.runtime import backends

    return {"host": _peak_of_process(), "device": max(backends.current().peaks(), default=None)}


def _peak_of_process():
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")  # rusage counts the parent's before exec, too
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    except (OSError, TypeError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak
