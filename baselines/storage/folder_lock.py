"""One process at a time builds a folder; the lock goes with the process, so a killed build leaves nothing to clear away."""

import contextlib
import os

from baselines.errors import InputError


@contextlib.contextmanager
def only_builder(folder):
    """Holds the lock of a folder. Raises InputError while another process does."""
    path = folder.with_name(f".{folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _locked(path, folder)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(path, folder):
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise InputError(f"{folder}: expected to be its only builder. Received: another process that builds it now.") from error
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)                                # its last holder removed it between our two calls


def _lock(descriptor):
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
