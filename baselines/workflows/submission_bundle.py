"""One archive for a leaderboard: the submission files of several runs, each checked, side by side in one submit.zip."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

from baselines.data.examples import read_examples
from baselines.errors import InputError, excerpt, nearest
from baselines.evaluation.submission import check_submission, records_of, zip_files
from baselines.experiment.arguments import train_arguments
from baselines.experiment.input_files import bind, official_file
from baselines.experiment.members import checkpoints_of
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog
from baselines.runtime.progress import Display


def submit_together(group: str, runs: Sequence[RunFolder], target: str | Path, display: Display) -> Path:
    """Writes the archive of all tasks of a group of which there is a run.

    A run without submission files, or with files older than its best checkpoint, is submitted first, from the official test files.

    Args:
        group: Group of tasks, such as "clue".
        runs: Runs, at most one per task.
        target: Archive to write.
        display: Shows progress.

    Returns:
        The path of the archive.

    Raises:
        InputError: A run is of another group, two are of one task, or a submission file is wrong.
    """
    known = tasks_of(group)
    chosen = choose(group, known, runs)
    files = list(itertools.chain.from_iterable(submission_files(name, run, display) for name, run in chosen.items()))
    missing = [name for name in known if name not in chosen]
    if missing:
        display.note(f"without a run, not in the archive: {', '.join(missing)}")
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    return zip_files(files, target)


def tasks_of(group: str) -> list[str]:
    """Names of the tasks in tasks/<group>/ that have a leaderboard. Raises InputError if there are none."""
    names = [name for name in task_catalog.names() if name.startswith(f"{group}/")]
    names = [name for name in names if task_catalog.find(name)[1].submit]
    if not names:
        groups = {name.partition("/")[0] for name in task_catalog.names() if "/" in name}
        raise InputError(
            f"{excerpt(group)}: no tasks with a leaderboard have this name. {nearest(group, groups)}"
        )
    return names


def choose(group: str, known: Sequence[str], runs: Iterable[RunFolder]) -> dict[str, RunFolder]:
    """{task name: RunFolder}, in the order of the tasks. Raises InputError for a run that does not belong, or a second one."""
    chosen = {}
    for run in runs:
        name = task_catalog.find(run.read_recipe()["task"])[0]
        if name not in known:
            raise InputError(f"{run} is a run of {name}, which is not in {group}. Leave it out.")
        if name in chosen:
            raise InputError(f"{run} and {chosen[name]} are both runs of {name}. Leave one of the two out.")
        chosen[name] = run
    return {name: chosen[name] for name in known if name in chosen}


def submission_files(name: str, run: RunFolder, display: Display) -> list[Path]:
    """Paths of the checked submission files of a run. Submits the run first if they are missing or older than its best epoch."""
    submission = task_catalog.find(name)[1].submit
    paths = {test: run.path / "submission" / official for test, official in submission.files.items()}
    newest = max((folder / "model.safetensors").stat().st_mtime for folder in checkpoints_of(run))
    if not all(path.is_file() and path.stat().st_mtime >= newest for path in paths.values()):
        display.note(f"{name}: submitting {run}")
        from baselines.workflows import finetuning  # Keras only where a run must still be submitted

        finetuning.submit(run, quiet=display.quiet)
    for test, path in paths.items():
        display.note(f"{name}: {path.name}, {recheck(name, run, test, path)} rows")
    return list(paths.values())


def recheck(name: str, run: RunFolder, test: str, path: Path) -> int:
    """Checks a submission file, against its test file if datasets/ has it. Returns the number of rows."""
    task, values = task_catalog.find(name)[1], run.read_recipe()
    values.pop("task")
    arguments = train_arguments(task, values, run.path / "recipe.yaml")
    task = bind(task, arguments.options, run.read_labels(), None)
    source = official_file(name, test, arguments.flags.demo)
    if source:
        check_submission(path, test, task.submit, read_examples(task.read, source, "test")[0], task.classes)
    return len(records_of(path, task.submit.layout))
