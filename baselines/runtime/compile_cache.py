"""Caches the programs that XLA compiles for later processes: JAX's persistent compilation cache, and TensorFlow's.

The cache is ~/.cache/baselines/compiled, or the folder in BASELINES_COMPILE_CACHE; "off" turns it off. Each combination of
versions, processor and XLA flags has its own folder. The oldest programs are removed when the cache exceeds LIMIT.
"""

import hashlib
import importlib.metadata
import logging
import os
import shutil
import tempfile
from pathlib import Path

from baselines.runtime import processor

log = logging.getLogger(__name__)
VARIABLE = "BASELINES_COMPILE_CACHE"
LIMIT = 2 * 2**30
"""Maximum size of the cache, in bytes."""
ROOM = 256 * 2**20
"""Bytes that must be free on the disk."""
JAX_FOLDER, JAX_SECONDS = "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"


def cache_folder() -> Path | None:
    """The folder of all backends and versions, or None if the cache is off."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named and named != "off" else None
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "baselines" / "compiled"


def use_compile_cache(backend: str) -> Path | None:
    """Turns the cache on for a backend that is not imported yet. An unusable folder is logged in one line.

    Args:
        backend: "tensorflow", "jax" or "torch".

    Returns:
        The folder of this backend's programs; None if the cache is off, or the user has set up their own.
    """
    root = cache_folder()
    if root is None or backend not in ("tensorflow", "jax"):
        return None
    if JAX_FOLDER in os.environ if backend == "jax" else "persistent_cache_directory" in os.environ.get("TF_XLA_FLAGS", ""):
        return None
    folder = root / f"{backend}-{_fingerprint(backend)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
        _remove_oldest(root)
        if shutil.disk_usage(folder).free < ROOM:
            raise OSError(None, "no space left on device")
    except OSError as error:
        advice = f"Set {VARIABLE} to another folder, or to off."
        log.warning("Compiled programs are not cached in %s: %s. %s", root, error.strerror, advice)
        return None
    if backend == "jax":
        os.environ[JAX_FOLDER] = str(folder)
        os.environ.setdefault(JAX_SECONDS, "0.5")
    else:
        flags = f"--tf_xla_persistent_cache_directory={folder} --tf_xla_persistent_cache_prefix=baselines"
        os.environ["TF_XLA_FLAGS"] = f"{os.environ.get('TF_XLA_FLAGS', '')} {flags}".strip()
    return folder


def _fingerprint(backend):
    """A hash of the versions, processor and flags: a program for another processor may not run on this one."""
    versions = []
    for package in ("jaxlib",) if backend == "jax" else ("tensorflow", "tensorflow-cpu"):
        try:
            versions.append(importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            continue
    parts = [*versions, *sorted(processor.features()), os.environ.get("XLA_FLAGS", "")]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _remove_oldest(root):
    """Removes the programs that were written first until all together are below LIMIT."""
    files = []
    for path in root.rglob("*"):
        try:
            status = path.stat()
        except OSError:                                                 # another process removed it
            continue
        if path.is_file():
            files.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files, key=lambda file: file[0]):
        if total <= LIMIT:
            return
        path.unlink(missing_ok=True)
        total -= size
