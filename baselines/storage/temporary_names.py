"""Hidden names for incomplete files and folders beside their destination, and the cleanup after killed processes.

    .metrics.json.5e1a-4711-9c1b2d3e4f506172.tmp          .NAME.HOST-PROCESS-RANDOM.STAGE

Nobody can guess such a name and put something there beforehand. Only files and folders of the same user are ever adopted or
removed, and none that a living process still writes.
"""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from baselines.errors import InputError

_TOKEN = r"(?:(?P<host>[0-9a-f]{4})-(?P<process>\d+)-)?[0-9a-f]{8,16}"
_DAY = 86_400
"""Seconds after which unfinished work of another machine counts as abandoned."""
_ours = set()
"""Names that this process writes to."""


def destination(path: str | os.PathLike) -> Path:
    """Follows symbolic links, so that a link stays and its target is written.

    Args:
        path: File or folder to write. It need not exist.

    Returns:
        An absolute path without links and without `..`.

    Raises:
        InputError: The links form a loop.
    """
    real = Path(os.path.realpath(path))
    if real.is_symlink():
        raise InputError(f"Cannot write to {path}: its symbolic links form a loop. Remove the link, or choose another name.")
    return real


def folder_destination(path: str | os.PathLike) -> Path:
    """Like `destination`, for a folder that will be replaced entirely.

    Raises:
        InputError: The path is a file, holds the working folder, or is a mount point, which cannot be renamed.
    """
    real = destination(path)
    here = Path.cwd()
    if real == here or real in here.parents:
        raise InputError(f"Cannot write to {path}: it is the working folder or holds it. Name a new folder inside it.")
    if real.exists() and not real.is_dir():
        raise InputError(f"Cannot write to {path}: it is a file. Name a folder.")
    if os.path.ismount(real):
        raise InputError(f"Cannot write to {path}: it is a mount point. Name a folder inside it.")
    return real


def file_destination(path: str | os.PathLike) -> Path:
    """Like `destination`, for a file. Call it before the work whose result it will hold.

    Raises:
        InputError: The path is a folder or a device, or its parent is not a folder or is read-only.
    """
    real = destination(path)
    if real.is_dir():
        raise InputError(f"Cannot write to {path}: it is a folder. Name a file.")
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"Cannot write to {path}: it is not a regular file. Name a file.")
    parent = next(folder for folder in real.parents if folder.exists())
    if not parent.is_dir():
        raise InputError(f"Cannot write to {path}: {parent} is not a folder. Choose another place.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"Cannot write to {path}: no permission to write to {parent}. Choose another place.")
    return real


@contextlib.contextmanager
def temporary_name(path: Path, stage: str) -> Iterator[Path]:
    """Yields a new hidden name beside `path`. `sweep` in this process leaves it alone until the block ends."""
    temporary = path.with_name(f".{path.name}.{_host()}-{os.getpid()}-{secrets.token_hex(8)}.{stage}")
    _ours.add(str(temporary))
    try:
        yield temporary
    finally:
        _ours.discard(str(temporary))


def resumable_folder(path: Path, stage: str) -> Path:
    """Creates a folder beside `path` for work that the next process resumes; `abandoned` finds it. Only this user can read it."""
    folder = path.with_name(f".{path.name}.{secrets.token_hex(8)}.{stage}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    return folder


def abandoned(path: Path, stage: str) -> list[Path]:
    """The files and folders that killed processes of this user left for `path` at a stage, the latest first."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.{_TOKEN}\.{stage}")
    leftovers = []
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            match = pattern.fullmatch(entry.name)
            if match and is_own(entry.path) and not _is_alive(match, entry.path):
                leftovers.append(Path(entry.path))
    return sorted(leftovers, key=_time, reverse=True)


def sweep(path: Path, *stages: str) -> None:
    """Removes the files and folders that killed processes of this user left for `path` at these stages."""
    for stage in stages:
        older = path.with_name(f".{path.name}.{stage}")                 # the fixed name of earlier versions
        for leftover in (*abandoned(path, stage), *([older] if is_own(older) else [])):
            remove(leftover)


def sweep_inside(folder: Path) -> None:
    """Removes all leftovers of killed processes in a folder that only this process writes now."""
    pattern = re.compile(rf"\..+\.(?:{_TOKEN}\.(?:tmp|building|complete|previous)|building|complete|previous)")
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(parent) / name
            if pattern.fullmatch(name) and is_own(path):
                remove(path)


def remove(path: Path) -> None:
    """Removes a file, a link or a folder, if possible."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def is_own(path: str | os.PathLike) -> bool:
    """Whether a file or folder exists and belongs to this user. Links are not followed."""
    try:
        about = os.lstat(path)
    except OSError:
        return False
    return not hasattr(os, "geteuid") or about.st_uid == os.geteuid()


def is_own_folder(path: str | os.PathLike) -> bool:
    """Whether `path` is a folder of this user, and not a link to one."""
    return is_own(path) and stat.S_ISDIR(os.lstat(path).st_mode)


def _is_alive(match, path):
    """Whether the process of a hidden name may still write to it."""
    if match["process"] is None:                                        # earlier versions named no process
        return False
    if match["host"] != _host():
        return time.time() - _time(path) < _DAY
    process = int(match["process"])
    if process == os.getpid():
        return str(path) in _ours
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _time(path):
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0


def _host():
    return hashlib.blake2b(socket.gethostname().encode(), digest_size=2).hexdigest()
