"""Versions, devices and peak memory, for bug reports and run folders."""

import importlib.metadata
import os
import platform
import re
import sys
from pathlib import Path

PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "jax", "jaxlib", "torch", "numpy", "tokenizers", "safetensors", "jieba",
            "onnxruntime")  # fmt: skip


def versions() -> dict[str, object]:
    """{"python", "platform", "backend", "packages"}. Imports no backend."""
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    backend = sys.modules["keras"].backend.backend() if "keras" in sys.modules else os.environ.get("KERAS_BACKEND", "tensorflow")
    return {"python": platform.python_version(), "platform": platform.platform(), "backend": backend, "packages": packages}


def devices() -> list[str]:
    """Names of the devices that the backend sees."""
    from baselines.runtime import backends

    return backends.current().devices()


def peak_memory() -> dict[str, int | None]:
    """Peak memory of this process, in bytes.

    Returns:
        {"host", "device"}; device is the peak of the fullest accelerator, or None.
    """
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
