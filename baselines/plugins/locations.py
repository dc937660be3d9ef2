"""Locations of files: the program's own (tasks, mini data, mini checkpoints), and the user's in the working folder.

A checkout keeps its own files at the top. A wheel has them inside, in baselines/embedded/. Run folders and caches always belong to
the working folder.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
EMBEDDED = PACKAGE / "embedded"
ROOT = EMBEDDED if EMBEDDED.is_dir() else PACKAGE.parent
"""The folder that holds the program's own tasks/, datasets/ and checkpoints/."""


def task_folders() -> list[Path]:
    """Folders of tasks, the most important first: tasks/ of the working folder, if it exists, then the program's own."""
    own = ROOT / "tasks"
    users = Path.cwd() / "tasks"
    return [users, own] if users.is_dir() and not own.samefile(users) else [own]


def dataset_folders(demo: bool = False) -> list[Path]:
    """Folders that may hold the official files of tasks, the most important first.

    Args:
        demo: Whether to use the embedded data. A wheel contains it, but no official data.

    Returns:
        datasets/ (or datasets/mini/) of the working folder, then the program's own. Missing data belongs in the last.
    """
    folders = [Path("datasets")] if ROOT == EMBEDDED and not demo else [Path("datasets"), ROOT / "datasets"]
    return [folder / "mini" for folder in folders] if demo else folders


def embedded(path: str) -> Path:
    """The path of an embedded file or folder, wherever the program is installed.

    Args:
        path: Such as "checkpoints/mini" or "datasets/mini/clue/tnews".

    Raises:
        FileNotFoundError: Nothing is embedded under that name.
    """
    location = ROOT / path
    if not location.exists():
        raise FileNotFoundError(f"{path} is not embedded. Use a path in datasets/mini or checkpoints/mini*.")
    return location
