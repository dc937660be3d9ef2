"""epochs/N in a run folder: the checkpoints of its last epochs, for `run.py average`."""

import shutil
from collections.abc import Callable
from pathlib import Path

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder

FOLDER = "epochs"


def kept_epochs(run: RunFolder) -> list[Path]:
    """The kept checkpoint folders of a run, the oldest first."""
    folder = run.path / FOLDER
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return [folder / str(number) for number in sorted(int(name) for name in names if name.isdecimal())]


def last_epochs(run: RunFolder, count: int) -> list[Path]:
    """The checkpoint folders of the last epochs of a run, the oldest first. Raises InputError if fewer are kept."""
    found = kept_epochs(run)
    if len(found) < count:
        raise InputError(
            f"--last {count}: the run keeps the checkpoints of {len(found)} epochs in {run.path / FOLDER}. Train with "
            f"--keep_epochs {count}{', or ask for fewer' if found else ''}."
        )
    return found[-count:]


def keep_epoch(run: RunFolder, epoch: int, count: int, save: Callable[[Path], None]) -> None:
    """Saves the checkpoint of an epoch, and removes those that are no longer among the last.

    Args:
        run: The run.
        epoch: Number of the epoch, from 1.
        count: How many to keep; 0: none.
        save: Writes a checkpoint folder atomically.
    """
    if not count:
        return
    save(run.path / FOLDER / str(epoch))
    for path in kept_epochs(run):
        if int(path.name) <= epoch - count:
            shutil.rmtree(path)


def run_of_checkpoint(folder: Path) -> RunFolder | None:
    """The run that a checkpoint folder is the best or a kept epoch of; None for others."""
    folder = folder.resolve()
    if folder.name == "best":
        run = RunFolder(folder.parent)
    elif folder.parent.name == FOLDER:
        run = RunFolder(folder.parent.parent)
    else:
        return None
    return run if run.has_recipe() else None
