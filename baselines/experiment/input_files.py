"""What a command starts from, found before any backend is imported: data files, the checkpoint folder, the bound task."""

from pathlib import Path

from baselines.errors import InputError
from baselines.plugins.locations import ROOT, dataset_folders
from baselines.storage.checkpoint_paths import folder_of
from baselines.task import Labels


def data_file(name, task, split, given, demo):
    """The path of a split: the one given, else the official file under datasets/ (with --demo: datasets/mini/).

    split   "train" or "dev", or the name of a test file
    given   a path, or a tuple of them
    Returns a Path, or a tuple of them where a split is several files, to be read one after the other.
    Raises InputError that says where to get a missing file.
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
    flag = f" or name yours with --{split}" if split in ("train", "dev") else ""
    raise InputError(
        f"{missing} does not exist: it is the {split} file of {name}. {task.source}{flag}."
        + ("" if demo else " To try the command first: --demo.")
    )


def official_file(name, file, demo):
    """The path of one official file of a task under datasets/ (with `demo`: datasets/mini/); None if it is not there."""
    paths = [folder / name / file for folder in dataset_folders(demo)]
    return next((path for path in paths if path.is_file()), None)


def one_or_all(paths):
    """The one path among `paths`, or a tuple of several."""
    paths = tuple(paths)
    return paths[0] if len(paths) == 1 else paths


def shown(path):
    """A path, or several, for a message."""
    return " and ".join(map(str, path)) if isinstance(path, tuple) else str(path)


def each_file(files):
    """{split: path or tuple of paths} with a key for every path: train, "train 2", dev, …"""
    found = {}
    for split, paths in files.items():
        for number, path in enumerate(paths if isinstance(paths, tuple) else (paths,), start=1):
            found[split if number == 1 else f"{split} {number}"] = path
    return found


def checkpoint_folder(flags, embedded="mini"):
    """What --init names or, with --demo, an embedded model under checkpoints/.

    Returns:
        The Path of a folder, a .safetensors file or a TensorFlow prefix.

    Raises:
        InputError: Nothing is given, or nothing is there.
    """
    if flags.init is None and not flags.demo:
        raise InputError(
            "--init: no checkpoint to start from is given. Add --init FOLDER (Google BERT or Hugging Face, see "
            "checkpoints/README.md), or try --demo."
        )
    folder = Path(flags.init or ROOT / "checkpoints" / embedded)
    if not folder_of(folder).is_dir():
        raise InputError(f"--init: no checkpoint folder at {folder}. Check the path.")
    return folder


def bind(task, options, labels, train_file):
    """The task completed by what only the user's files know."""
    if task.bind is None:
        return task
    return task.bind(task, options, Labels(*labels) if labels else None, train_file)
