"""Writes files and folders atomically: a full disk or a killed process leaves the old content.

    with atomic_write("metrics.json", "w") as file:         with atomic_folder("runs/tnews/best") as folder:
        json.dump(scores, file)                                 (folder / "config.json").write_text(...)

Everything is first written beside its destination, under a hidden name, and then renamed. A symbolic link is followed. The next
writer of a destination removes what a killed one left. One writer per destination.
"""

import contextlib
import ctypes
import errno
import os
import pathlib
from collections.abc import Iterator

from baselines.storage.temporary_names import (
    abandoned,
    file_destination,
    folder_destination,
    is_own_folder,
    remove,
    sweep,
    temporary_name,
)

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_ATTEMPTS = 10
"""Attempts to rename a folder into place while readers keep restoring the old one."""


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Yields a temporary path in the same folder, for libraries that open files themselves; it is renamed to `path` at the end.

    Raises:
        InputError: The path cannot be a file's, see `file_destination`.
        OSError: The file cannot be written; its `filename` is `path`.
    """
    requested, path = path, file_destination(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path, "tmp")
    with temporary_name(path, "tmp") as temporary:
        try:
            yield temporary
            _sync(temporary)
            os.replace(temporary, path)
        except BaseException as error:
            if isinstance(error, OSError) and str(error.filename) == str(temporary):
                error.filename = str(requested)                         # the user never named the temporary one
            temporary.unlink(missing_ok=True)
            raise
        _sync(path.parent)


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike, mode: str = "wb") -> Iterator:
    """Yields a file open for writing ("w" is UTF-8, Unix line ends), which replaces `path` when the block ends well."""
    if mode not in ("w", "wb"):
        raise ValueError(f"atomic_write: expected mode 'w' or 'wb'. Received: mode={mode!r}")
    text = {} if mode == "wb" else {"encoding": "utf-8", "newline": "\n"}
    with atomic_path(path) as temporary, open(temporary, mode, **text) as file:
        yield file


def move(source: str | os.PathLike, path: pathlib.Path) -> None:
    """Gives a complete file its final name. An older file of that name is replaced."""
    _sync(source)
    os.replace(source, path)
    _sync(path.parent)


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Yields an empty folder to fill, which replaces the folder `path` when the block ends well.

    Linux exchanges the two in one step. Elsewhere the old folder is moved away first; readers call `recover(path)`, in case the
    process was killed in between.

    Raises:
        InputError: The folder cannot be replaced, see `folder_destination`.
    """
    path = folder_destination(path)
    recover(path)
    sweep(path, "building", "complete", "previous")
    with temporary_name(path, "building") as building, temporary_name(path, "previous") as previous:
        building.mkdir(parents=True)
        try:
            yield building
            for file in building.rglob("*"):
                _sync(file)
            _sync(building)
            _put_in_place(building, path, previous)
        except BaseException:
            remove(building)
            raise
        _sync(path.parent)
        remove(building)                                                # the old content, where they changed places
        remove(previous)


def recover(path: str | os.PathLike) -> None:
    """Restores a folder that a killed process had moved away. Cheap, and safe while another process writes it."""
    path = pathlib.Path(os.path.realpath(path))
    if path.exists():
        return
    for previous in abandoned(path, "previous"):
        if is_own_folder(previous):
            with contextlib.suppress(OSError):                          # another reader did it just now
                os.rename(previous, path)
                _sync(path.parent)
            return


def _put_in_place(building, path, previous):
    for _ in range(_ATTEMPTS):
        if os.path.lexists(path):
            if _exchange(building, path):
                return
            os.rename(path, previous)
        try:
            return os.rename(building, path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):      # a reader's `recover` put the old folder back
                raise
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))


def _exchange(one, other):
    """Exchanges two folders in one step. Returns False if the system cannot."""
    function = getattr(_libc(), "renameat2", None)
    if function is None:
        return False
    arguments = _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE
    if function(*arguments) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
        raise OSError(number, os.strerror(number), str(other))
    return False


def _libc():
    try:
        return ctypes.CDLL(None, use_errno=True)
    except (OSError, TypeError):                                        # Windows has none
        return None


def _sync(path):
    """Asks the system to put a file, or a folder's list of names, on the disk."""
    if os.name == "nt":                                     # asks for a handle open for writing; folders have none
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
