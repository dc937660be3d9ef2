"""The SHA-256 digest of a file's content, or of all files of a folder, computed once per process."""

import functools
import hashlib
import os
from pathlib import Path

from baselines.storage.text_files import input_errors


def sha256(path: str | Path) -> str:
    """The hex digest of a file's content, computed once per process unless the file's size or time changes.

    That of a folder is the digest of the names and digests of all files in it, hidden ones aside.

    Raises:
        InputError: The file cannot be read.
    """
    with input_errors(path):
        if os.path.isdir(path):
            return _folder_sha256(Path(path))
        about = os.stat(path)
        return _sha256(os.path.realpath(path), about.st_size, about.st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _sha256(path, size, time):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder_sha256(folder):
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    shown = [name for name in names if not any(part.startswith(".") for part in name.split("/"))]
    lines = (f"{sha256(folder / name)}  {name}\n" for name in shown)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
