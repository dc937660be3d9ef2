"""Locks of folders: one process at a time builds a folder. The lock ends with the process, even if it is killed."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator

from baselines.errors import InputError
from baselines.storage.temporary_names import destination


@contextlib.contextmanager
def only_builder(folder: str | os.PathLike, wait: bool = False) -> Iterator[None]:
    """Holds the lock of a folder, or of a file.

    Args:
        folder: What is built.
        wait: Wait for another process that holds the lock.

    Raises:
        InputError: Another process holds it, or the lock's path is not a file of this user.
    """
    real = destination(folder)
    path = real.with_name(f".{real.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _locked(path, folder, wait)
    try:
        yield
    finally:
        try:
            path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def only_writer(folder: str | os.PathLike) -> Iterator[None]:
    """Locks an existing folder that is written to over time, such as a run folder.

    On a file system that cannot lock folders, nothing is locked.

    Raises:
        InputError: Another process holds it.
    """
    if os.name == "nt":                                     # has no descriptors of folders
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise InputError(f"{folder} is being written by another process. Wait for it, or choose another folder.") from None
        yield
    finally:
        os.close(descriptor)


def _locked(path, folder, wait):
    while True:
        descriptor = _open(path, folder)
        try:
            _lock(descriptor, wait)
        except OSError as error:
            os.close(descriptor)
            raise InputError(f"{folder} is being built by another process. Wait for it, or choose another name.") from error
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)                                # its last holder removed it between our two calls


def _open(path, folder):
    """A descriptor of the lock's file. Nothing is read from it or written to it, and a link in its place is not followed."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EACCES, errno.EISDIR, errno.ENXIO):
            raise
        raise _occupied(path, folder) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _occupied(path, folder)
    return descriptor


def _occupied(path, folder):
    return InputError(f"Cannot build {folder}: its lock {path} is not your file. Remove it, or choose another name.")


def _lock(descriptor, wait=False):
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)     # LK_LOCK waits for ten seconds
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
