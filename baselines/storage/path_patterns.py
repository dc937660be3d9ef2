"""Patterns of paths such as 'texts/*.gz'. A literal name wins: in 'texts [1]/*.txt' the folder may really be called so."""

import glob
import os
from pathlib import Path


def matching_paths(pattern: str | Path) -> list[str]:
    """The paths that a pattern names, sorted; a path that exists names itself."""
    pattern = str(pattern)
    if os.path.exists(pattern):
        return [pattern]
    anchor, parts = _taken_apart(pattern)
    return sorted(_matches(anchor, parts))


def with_literal_names(pattern: str | Path) -> str:
    """An absolute pattern for `glob`, with the folders that exist as they are spelled escaped."""
    anchor, parts = _taken_apart(os.path.abspath(pattern))
    path, escaped = anchor, []
    for number, part in enumerate(parts):
        path = os.path.join(path, part)
        if not os.path.lexists(path) and glob.has_magic(part):
            return os.path.join(anchor, *escaped, *parts[number:])
        escaped.append(glob.escape(part))
    return os.path.join(anchor, *escaped)


def _taken_apart(pattern):
    """("/" or "", names between slashes)."""
    path = Path(pattern)
    return path.anchor, path.parts[1:] if path.anchor else path.parts


def _matches(base, parts):
    if not parts:
        return [base]
    part, *rest = parts
    path = os.path.join(base, part)
    if os.path.lexists(path):
        found = [path]
    elif part == "**":
        return glob.glob(os.path.join(glob.escape(base), *parts), recursive=True)
    else:
        found = glob.glob(os.path.join(glob.escape(base), part)) if glob.has_magic(part) else []
    return [match for one in found for match in _matches(one, rest)]
