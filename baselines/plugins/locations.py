"""Where files are: the program's own (tasks, mini data, mini checkpoints) and the user's, in the working folder.

A checkout keeps its own files at the top. A wheel has them inside, in baselines/embedded/. Run folders and caches always belong to
the working folder.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
EMBEDDED = PACKAGE / "embedded"
ROOT = EMBEDDED if EMBEDDED.is_dir() else PACKAGE.parent
"""The folder that holds the program's own tasks/, datasets/ and checkpoints/."""


def task_folders():
    """Folders of tasks, the most important first.

    Returns:
        list of Path: tasks/ of the working folder, if there is one, then the program's own.
    """
    own = ROOT / "tasks"
    users = Path.cwd() / "tasks"
    return [users, own] if users.is_dir() and not own.samefile(users) else [own]


def dataset_folders(demo=False):
    """Folders that may hold the official files of tasks, the most important first.

    Args:
        demo: bool, whether the embedded data is meant. A wheel brings it, but no official data.

    Returns:
        list of Path: datasets/ (or datasets/mini/) of the working folder, then the program's own. Missing data belongs in the last.
    """
    folders = [Path("datasets")] if ROOT == EMBEDDED and not demo else [Path("datasets"), ROOT / "datasets"]
    return [folder / "mini" for folder in folders] if demo else folders


def embedded(path):
    """The path of an embedded file or folder, wherever the program is installed.

    Args:
        path: str, such as "checkpoints/mini" or "datasets/mini/clue/tnews".

    Returns:
        Path.

    Raises:
        FileNotFoundError: nothing is embedded under that name.
    """
    found = ROOT / path
    if not found.exists():
        raise FileNotFoundError(f"{path}: no embedded file has this name. Embedded are datasets/mini and checkpoints/mini*.")
    return found
