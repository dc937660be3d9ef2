"""Finds the inputs of a command before any backend is imported: data files, the checkpoint folder, the bound task."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.plugins.locations import ROOT, dataset_folders
from baselines.storage.checkpoint_paths import best_of_run, folder_of, local_path
from baselines.storage.hubs.names import suggestion
from baselines.task import Labels, Task


def data_file(name: str, task: Task, split: str, given: str | Path | tuple | None, demo: bool) -> Path | tuple[Path, ...]:
    """Finds the files of a split: the given ones, or the official ones under datasets/ (with `demo`: datasets/mini/).

    Args:
        name: Full name of the task.
        task: The task.
        split: "train", "dev", or the name of a test file.
        given: Path, or several, that the user gave; None for the official files.
        demo: Use the embedded data.

    Returns:
        A Path, or a tuple of Paths if the split has several files, to be read one after the other.

    Raises:
        InputError: A file is missing. The message says where to get it.
    """
    if given:
        paths = (given,) if isinstance(given, str | Path) else given
        return one_or_all(map(Path, paths))
    official = task.files.get(split, split)
    official = (official,) if isinstance(official, str) else official
    for folder in dataset_folders(demo):
        paths = [folder / name / file for file in official]
        if all(path.is_file() for path in paths):
            return one_or_all(paths)
    missing = next(path for path in paths if not path.is_file())
    flag = f" or name your own with --{split}" if split in ("train", "dev") else ""
    raise InputError(
        f"{missing} does not exist: it is the {split} file of {name}. {task.source}{flag}."
        + ("" if demo else " To try the command first: --demo.")
    )


def official_file(name: str, file: str, demo: bool) -> Path | None:
    """The path of an official file of a task under datasets/ (with `demo`: datasets/mini/); None if it is missing."""
    paths = [folder / name / file for folder in dataset_folders(demo)]
    return next((path for path in paths if path.is_file()), None)


def one_or_all(paths: Iterable[Path]) -> Path | tuple[Path, ...]:
    """Returns the only path, or a tuple of several."""
    paths = tuple(paths)
    return paths[0] if len(paths) == 1 else paths


def format_paths(path: str | Path | tuple) -> str:
    """Formats a path, or several, for a message."""
    return " and ".join(map(str, path)) if isinstance(path, tuple) else str(path)


def each_file(files: Mapping[str, Any]) -> dict[str, Any]:
    """Gives every path its own key: "train", "train 2", "dev", …

    Args:
        files: A path or a tuple of paths by split.
    """
    paths_by_name = {}
    for split, paths in files.items():
        for number, path in enumerate(paths if isinstance(paths, tuple) else (paths,), start=1):
            paths_by_name[split if number == 1 else f"{split} {number}"] = path
    return paths_by_name


def checkpoint_folder(flags: Any, embedded: str = "mini", weights: bool = True) -> Path:
    """The checkpoint of --init or, with --demo, an embedded model under checkpoints/.

    Args:
        flags: Flags with `init` and `demo`.
        embedded: Name of the embedded model.
        weights: Whether its weights are needed, which a hub's name downloads.

    Returns:
        The path of a folder, a .safetensors file or a TensorFlow prefix.

    Raises:
        InputError: No checkpoint is given, or it does not exist.
    """
    if flags.init is None and not flags.demo:
        raise InputError(
            "--init: no checkpoint to start from is given. Add --init hf:ORG/NAME (`run.py list checkpoints` lists some) or --init "
            "FOLDER, or try --demo."
        )
    weights = weights and not getattr(flags, "from_scratch", False)
    folder = local_path(flags.init, weights) if flags.init else ROOT / "checkpoints" / embedded
    if best := best_of_run(folder):
        raise InputError(f"--init: {folder} is a run folder, not a checkpoint. Its checkpoint is {best}.")
    if not folder_of(folder).is_dir():
        raise InputError(f"--init: no checkpoint folder at {folder}.{suggestion(folder) or ' Check the path.'}")
    return folder


def bind(task: Task, options: object, labels: Iterable[str] | None, train_file: Any) -> Task:
    """Completes a task with what only the user's files define.

    Args:
        task: The task.
        options: Its options.
        labels: Class names of a trained run; None to read them from the data.
        train_file: Training file, or a tuple of several.
    """
    if task.bind is None:
        return task
    return task.bind(task, options, Labels(*labels) if labels else None, train_file)
