"""Versions, devices and hashes: what a bug report and a run folder need to tell."""

import hashlib
import importlib.metadata
import os
import platform
import sys

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


def sha256(path):
    """The hex digest of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
