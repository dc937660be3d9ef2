"""Reads YAML files of plain values: no code, no dates. Every error is one line."""

from pathlib import Path

import yaml

from baselines.errors import InputError
from baselines.storage.text_files import read_text

_PLAIN = ("null", "bool", "int", "float", "str", "seq", "map", "merge")


class _PlainLoader(yaml.SafeLoader):
    """Numbers, text, lists and mappings; an unquoted 2026-01-01 is text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in _PLAIN]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    yaml_constructors = {
        tag: function for tag, function in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.rpartition(":")[2] in _PLAIN
    }  # fmt: skip


def read_yaml(path: str | Path) -> dict:
    """The mapping in a YAML file.

    Raises:
        InputError: The file cannot be read, is not YAML, or does not hold a mapping. The message has the line number.
    """
    try:
        values = yaml.load(read_text(path), _PlainLoader)
    except InputError:
        raise
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        raise InputError(f"{where}: expected YAML such as `batch_size: 16`. Received: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply. Write one flag per line, as in `batch_size: 16`.") from None
    except (ValueError, TypeError, LookupError) as error:               # from !!int x and !!float ""
        raise InputError(f"{path}: a value cannot be read: {error}. Write it as in `batch_size: 16`.") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected lines such as `batch_size: 16`. Received: {type(values).__name__}")
    return values
