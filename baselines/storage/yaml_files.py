"""Reads YAML files of plain values: no code, no dates. Every error is one line."""

from pathlib import Path

import yaml

from baselines.errors import InputError, excerpt
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

    def construct_mapping(self, node, deep=False):
        """PyYAML keeps the last of two equal keys and drops the others without a word."""
        keys = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in keys:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            keys.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path, example: str = "batch_size: 16") -> dict:
    """The mapping in a YAML file.

    Args:
        path: The file.
        example: A line that such a file may hold, for messages.

    Raises:
        InputError: The file cannot be read, is not YAML, or does not hold a mapping. The message has the line number.
    """
    text = read_text(path)
    try:
        values = yaml.load(text, _PlainLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        raise InputError(f"{where}: expected YAML such as `{example}`. Received: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply. Write it as in `{example}`.") from None
    except (ValueError, TypeError, LookupError) as error:               # from !!int x and !!float ""
        raise InputError(f"{path}: a value cannot be read: {error}. Write it as in `{example}`.") from None
    if values is None:
        raise InputError(f"{path} is empty. Write lines such as `{example}`.")
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected lines such as `{example}`. Received: {excerpt(repr(values))}")
    return values


def parse_yaml_value(text: str, origin: str) -> object:
    """The value of one word of a command line, as it would be read from a YAML file.

    Args:
        text: The word, such as "0.3", "true" or "[1, 2]".
        origin: What it belongs to, for messages: "--model_options hidden_act=[".

    Raises:
        InputError: It is no YAML.
    """
    try:
        return yaml.load(text, _PlainLoader)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, LookupError) as error:
        reason = getattr(error, "problem", None) or error
        raise InputError(f"{origin}: the value cannot be read: {excerpt(reason, 200)}. Write it as in 0.3, true or gelu.") from None
