"""What a command starts from, found before any backend is imported: data files, the checkpoint folder, the bound task."""

from pathlib import Path

from baselines.errors import InputError
from baselines.task import Labels

ROOT = Path(__file__).resolve().parent.parent


def data_file(name, task, split, given, demo):
    """The path of a split: the one given, else the official file under datasets/ (with --demo: datasets/mini/).

    split   "train" or "dev", or the name of a test file. Raises InputError that says where to get a missing file.
    """
    if given:
        return Path(given)
    root = ROOT / "datasets" / ("mini" if demo else ".") / name
    path = root / task.files.get(split, split)
    if not path.is_file():
        flag = f" or name yours with --{split}" if split in ("train", "dev") else ""
        raise InputError(
            f"{path}: expected the {split} file of {name}. There is none. {task.source}{flag}."
            + ("" if demo else " To try the command first: --demo.")
        )
    return path


def checkpoint_folder(flags):
    """The folder of --init, or of the embedded model. Raises InputError if there is none."""
    if flags.init is None and not flags.demo:
        raise InputError(
            "--init: expected a checkpoint folder to start from (Google-BERT or Hugging Face, see checkpoints/README.md). "
            "Received: none. Add --init FOLDER, or try --demo."
        )
    folder = Path(flags.init or ROOT / "checkpoints" / "mini")
    if not folder.is_dir():
        raise InputError(f"--init: expected a checkpoint folder. Received: {folder}, which is none. Is the path right?")
    return folder


def bind(task, options, labels, train_file):
    """The task completed by what only the user's files know."""
    if task.bind is None:
        return task
    return task.bind(task, options, Labels(*labels) if labels else None, train_file)
