"""Patterns of paths such as 'texts/*.gz'. An existing literal name wins, also after * and **: a folder may really be
called 'texts [1]'."""

import glob
import os
from pathlib import Path


def matching_paths(pattern: str | Path) -> list[str]:
    """The paths that match a pattern, sorted. An existing path matches only itself."""
    pattern = str(pattern)
    if os.path.exists(pattern):
        return [pattern]
    anchor, parts = _taken_apart(pattern)
    return sorted(_matches(anchor, parts))


def with_literal_names(pattern: str | Path) -> str:
    """An absolute pattern for `glob`, in which existing folders are escaped."""
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
        matches = [path]
    elif part == "**" and rest:
        folders = {os.path.join(base, ""), *glob.glob(os.path.join(glob.escape(base), "**", ""), recursive=True)}
        return {path for folder in folders for path in _matches(folder, rest)}
    elif part == "**":
        return glob.glob(os.path.join(glob.escape(base), "**"), recursive=True)
    elif glob.has_magic(part):
        literal = os.path.join(glob.escape(base), part.replace("[", "[[]"))          # 'a [1]*' may mean files called 'a [1].txt'
        matches = glob.glob(literal) or glob.glob(os.path.join(glob.escape(base), part))
    else:
        matches = []
    return [path for base in matches for path in _matches(base, rest)]
