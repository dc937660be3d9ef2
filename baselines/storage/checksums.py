"""The SHA-256 digest of a file's content, computed once per process."""

import functools
import hashlib
import os
from pathlib import Path

from baselines.storage.text_files import input_errors


def sha256(path: str | Path) -> str:
    """The hex digest of a file's content, computed once per process unless the file's size or time changes.

    Raises:
        InputError: The file cannot be read.
    """
    with input_errors(path):
        about = os.stat(path)
        return _sha256(os.path.realpath(path), about.st_size, about.st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _sha256(path, size, time):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
