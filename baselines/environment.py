"""Versions, devices and hashes: what a bug report and a run folder need to tell."""

import hashlib
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
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return [device.name for device in tf.config.list_logical_devices()]
    return [str(device) for device in keras.distribution.list_devices()]


def peak_memory():
    """{"host", "device"}: bytes that this process has held at most; device is that of the fullest accelerator, or None."""
    return {"host": _peak_of_process(), "device": max(_peaks_of_devices(), default=None)}


def _peak_of_process():
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")  # rusage counts the parent's before exec, too
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    except (OSError, TypeError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak


def _peaks_of_devices():
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return [tf.config.experimental.get_memory_info(gpu.name)["peak"] for gpu in tf.config.list_logical_devices("GPU")]
    if keras.backend.backend() == "jax":
        import jax

        stats = [device.memory_stats() for device in jax.local_devices()]
        return [found["peak_bytes_in_use"] for found in stats if found]
    return []


def sha256(path):
    """The hex digest of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
