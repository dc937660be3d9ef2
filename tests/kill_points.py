"""A process that dies at the n-th change of the file system, for every n: what is left must be whole, old or new.

    for kill in kill_points(write):            # write() is called again and again; each time it dies one event later
        check_what_is_left()
"""

import builtins
import contextlib
import fcntl
import io
import os

from baselines.storage import atomic_files

EVENTS = ("replace", "rename", "unlink", "remove", "rmdir", "mkdir", "fsync", "truncate", "ftruncate", "link", "symlink", "chmod")


class Killed(BaseException):
    """The process is dead: nothing of it touches the disk any more."""


class Death:
    """Counts events and lets the process die at one of them; a dead process tidies nothing."""

    def __init__(self, at):
        self.at, self.count, self.events = at, 0, []

    def event(self, name):
        self.count += 1
        self.events.append(name)
        if self.count > self.at:
            raise Killed


@contextlib.contextmanager
def dying(at, exchange=True):
    """Lets the block die at event number `at`. exchange: the system can let two folders change places in one step."""
    death, locks, originals = Death(at), [], {}

    def patch(module, name, make):
        originals[module, name] = original = getattr(module, name)
        setattr(module, name, make(original))

    def counted(name):
        def make(original):
            def function(*args, **kwargs):
                death.event(name)
                return original(*args, **kwargs)

            return function

        return make

    def opening(original):
        def function(file, mode="r", *args, **kwargs):
            if set(mode) & set("wax+"):
                death.event(f"open {mode}")
            return original(file, mode, *args, **kwargs)

        return function

    def low_opening(original):
        def function(path, flags, *args, **kwargs):
            if flags & os.O_CREAT:
                death.event("os.open")
            return original(path, flags, *args, **kwargs)

        return function

    def locking(original):
        def function(descriptor, how):
            original(descriptor, how)
            locks.append(os.dup(descriptor))                            # one lock, whichever of the two is closed

        return function

    for name in EVENTS:
        patch(os, name, counted(name))
    os.fsync = lambda descriptor: death.event("fsync")       # only a machine that dies needs it, and disks are slow
    patch(os, "open", low_opening)
    patch(builtins, "open", opening)
    patch(io, "open", opening)
    patch(fcntl, "flock", locking)
    patch(atomic_files, "_exchange", counted("exchange") if exchange else lambda original: lambda *paths: False)
    try:
        with contextlib.suppress(Killed):
            yield death
    finally:
        for (module, name), original in originals.items():
            setattr(module, name, original)
        for descriptor in locks:
            fcntl.flock(descriptor, fcntl.LOCK_UN)                      # the system does so for a process that ends
            os.close(descriptor)


def kill_points(action, exchange=True, limit=2000):
    """Calls `action` until it survives; yields a Death after each call, the last of which lived through all its events."""
    for at in range(limit):
        with dying(at, exchange) as death:
            action()
        yield death
        if death.count <= at:
            return
    raise AssertionError(f"not done after {limit} events")
