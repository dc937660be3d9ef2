"""One file per format of `run.py export --format`, found by its name.

A file defines `GRAPH`, the path of the graph in the folder; `write(graph, path, opset)`; and `read(path)`, which opens what was
written as a function {input: array} -> {output: array}.
"""

import functools
from pathlib import Path
from types import ModuleType

from baselines.errors import InputError, excerpt, nearest
from baselines.plugins import discovery


@functools.cache
def names() -> dict[str, str]:
    """{name: one-line description}."""
    return discovery.find_modules(Path(__file__).parent, "GRAPH", "write", "read")


def load(name: str) -> ModuleType:
    """The module of a format. Raises InputError for an unknown one."""
    if name not in names():
        raise InputError(f"--format: there is no format {excerpt(name)!r}. {nearest(name, names())}")
    return discovery.load(__name__, name, names(), "--format")
