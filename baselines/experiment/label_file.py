"""labels.json: the class names of a run or an export, in index order."""

from pathlib import Path

from baselines.errors import InputError
from baselines.storage.json_files import read_json

LABELS = "labels.json"


def read_labels(folder: Path) -> list[str] | None:
    """The class names in a folder; None for a task without classes.

    Raises:
        InputError: The file is damaged.
    """
    path = folder / LABELS
    if not path.exists():
        return None
    names = read_json(path)
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"{path} is not a list of class names. Copy the folder again.")
    if len(set(names)) < len(names):
        raise InputError(f"{path}: a class name occurs twice. Copy the folder again.")
    return names
