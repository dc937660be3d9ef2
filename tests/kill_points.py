"""A process that dies at its n-th change of the file system, simulated in this process: from then on it changes nothing more.

    for run in kill_points(monkeypatch, folder):
        with run:
            save(folder)
        check(folder)                                       # after a death at each event in turn, and at last after none
"""

import os
import sys

from baselines.storage import atomic_files, temporary_names

ENDED = 1 << 23
"""The number of a process that cannot be, above what systems give."""
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "shutil.rmtree"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Killed(BaseException):
    """The process has died."""


class _Run:
    """One attempt, which dies at event number `deadline`; `events` counts them, `died` says whether it came to that."""

    current = None

    def __init__(self, folder, deadline):
        self.folder, self.deadline, self.events, self.died = os.path.realpath(folder), deadline, 0, False

    def __enter__(self):
        _Run.current = self
        return self

    def __exit__(self, kind, error, trace):
        _Run.current = None
        return kind is Killed

    def count(self, path):
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, int) or not os.path.realpath(path).startswith(self.folder):
            return
        self.events += 1
        if self.died or self.events > self.deadline:
            self.died = True
            raise Killed


def _audit(event, arguments):
    run = _Run.current
    if run is None:
        return
    if event == "open":
        path, mode, flags = arguments
        if set(mode or "") & set("wax+") or mode is None and flags & _WRITING:
            run.count(path)
    elif event in _CHANGES:
        run.count(arguments[0])


sys.addaudithook(_audit)


def kill_points(monkeypatch, folder, exchange=True):
    """Yields runs that die at the first event, the second, … and at last one that does not.

    Args:
        monkeypatch: pytest's.
        folder: Path; events elsewhere do not count.
        exchange: bool, whether the system can exchange two folders.
    """
    really_sync, really_exchange = os.fsync, atomic_files._exchange

    def sync(descriptor):
        if _Run.current is not None:
            _Run.current.count(_Run.current.folder)
        return really_sync(descriptor)

    def exchanged(one, other):
        if _Run.current is not None:
            _Run.current.count(one)
        return exchange and really_exchange(one, other)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(atomic_files, "_exchange", exchanged)
    really_pid = os.getpid
    monkeypatch.setattr(temporary_names.os, "getpid", lambda: ENDED if _Run.current is not None else really_pid())
    deadline = 0
    while True:
        run = _Run(folder, deadline)
        yield run
        if not run.died:
            return
        deadline += 1
