"""Files and folders that are written whole or not at all: a full disk or a killed process leaves the old content.

    with atomic_write("metrics.json", "w") as file:         with atomic_folder("runs/tnews/best") as folder:
        json.dump(scores, file)                                 (folder / "config.json").write_text(...)

Everything is first written beside its destination, under a hidden name, and then renamed. One writer per destination.
"""

import contextlib
import os
import pathlib
import shutil
import uuid


@contextlib.contextmanager
def atomic_path(path):
    """Yields a temporary Path in the same folder, for libraries that open files themselves; at the end it is `path`."""
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync(path.parent)


@contextlib.contextmanager
def atomic_write(path, mode="wb"):
    """Yields a file open for writing ("w" is UTF-8, Unix line ends), which replaces `path` when the block ends well."""
    if mode not in ("w", "wb"):
        raise ValueError(f"atomic_write: expected mode 'w' or 'wb'. Received: mode={mode!r}")
    text = {} if mode == "wb" else {"encoding": "utf-8", "newline": "\n"}
    with atomic_path(path) as temporary, open(temporary, mode, **text) as file:
        yield file


@contextlib.contextmanager
def atomic_folder(path):
    """Yields an empty folder to fill, which replaces the folder `path` when the block ends well.

    A reader that may come after a kill calls `recover(path)` first.
    """
    path = pathlib.Path(path)
    recover(path)
    building, complete, previous = _stages(path)
    for leftover in (building, complete, previous):
        shutil.rmtree(leftover, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        yield building
        for file in building.rglob("*"):
            _sync(file)
        _sync(building)
        os.rename(building, complete)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    if path.exists():
        os.rename(path, previous)
    recover(path)
    shutil.rmtree(previous, ignore_errors=True)


def recover(path):
    """Finishes an interrupted swap of the folder `path`. Cheap, and harmless while another process writes it."""
    path = pathlib.Path(path)
    _, complete, previous = _stages(path)
    for candidate in (complete, previous):
        if path.exists():
            return
        with contextlib.suppress(FileNotFoundError):
            os.rename(candidate, path)
            _sync(path.parent)


def _stages(path):
    """Hidden names beside `path`: the folder being filled, the finished new one, and the one it replaces."""
    return [path.with_name(f".{path.name}.{stage}") for stage in ("building", "complete", "previous")]


def _sync(path):
    """Asks the system to put a file, or a folder's list of names, on the disk."""
    if os.name == "nt":                                     # asks for a handle open for writing; folders have none
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
