"""JSON objects of small files, such as a checkpoint's config.json: read with one line for whatever is wrong, written whole."""

import json
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_write


def read_json_object(path: str | Path) -> dict:
    """The object in a JSON file, UTF-8 with or without a byte order mark.

    Raises:
        InputError: The file cannot be read, is no JSON, holds something else than an object, or is nested too deeply.
    """
    try:
        content = json.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start}). Copy or download the file again.") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}. Copy or download the file again.") from error
    except RecursionError:
        raise InputError(f"{path}: nested too deeply for a file of its kind. Copy or download the file again.") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object. Received: {type(content).__name__}. Is this the right file?")
    return content


def write_json_object(path: str | Path, content: dict) -> None:
    """Writes an object to a file, which is either the old one or complete."""
    with atomic_write(path, "w") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
