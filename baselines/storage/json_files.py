"""Reads and writes small JSON files, such as a checkpoint's config.json. Every error is one line; writing is atomic."""

import json
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_write
from baselines.storage.text_files import read_text


def read_json(path: str | Path) -> object:
    """The value in a JSON file, UTF-8 with or without a byte order mark.

    Raises:
        InputError: The file cannot be read, is not JSON (with NaN or half a surrogate pair it is not), or is nested too deeply.
    """
    try:
        content = json.loads(read_text(path), parse_constant=_refuse)
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{path}: half of a surrogate pair is not a character. Copy or download the file again.") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply for a file of its kind. Copy or download the file again.") from None
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}. Copy or download the file again.") from None
    return content


def read_json_object(path: str | Path) -> dict:
    """The object in a JSON file.

    Raises:
        InputError: As `read_json`, and if the file does not hold an object.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object, but got {type(content).__name__}. Check the path.")
    return content


def write_json_object(path: str | Path, content: dict) -> None:
    """Writes an object to a file atomically."""
    with atomic_write(path, "w") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _refuse(name):
    raise ValueError(f"{name} is not a JSON number")
