"""The pointer that `git clone` leaves in place of a large file where Git LFS is not installed: three lines of text.

https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from pathlib import Path

from baselines.errors import InputError

START = b"version https://git-lfs"


def require_no_pointer(path: Path) -> None:
    """Raises InputError if a readable file is a pointer."""
    with open(path, "rb") as file:
        if file.read(len(START)) == START:
            raise InputError(f"{path}: the pointer of Git LFS, not the file itself. Run `git lfs pull`, or download the file.")
