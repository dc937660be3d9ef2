"""The mean of the weights of runs or of the last epochs of one, scored beside its members, as a run folder."""

from collections.abc import Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.evaluation.member_table import TABLE, member_table
from baselines.experiment.members import AVERAGE, Member
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_folder, atomic_write
from baselines.task_models.loading import open_run
from baselines.weights.average import check_same_shape, write_average
from baselines.workflows.finetuning import dev_split, report_scores
from baselines.workflows.joint_folder import common_dev_file, write_joint_folder


def average_runs(
    checkpoints: Sequence[Path],
    runs: Sequence[RunFolder],
    output: str | None = None,
    file: Path | None = None,
    quiet: bool = False,
    command: Sequence[str] = (),
) -> tuple[RunFolder, str]:
    """Averages checkpoints of runs, and scores the average and each of them.

    Args:
        checkpoints: Checkpoint folders of `runs`.
        runs: Runs of one task with the same labels; the first one's recipe becomes that of the average.
        output: Folder to write; None for a new one under runs/TASK.
        file: File to score on; None for the dev file of the runs.
        quiet: Print the table only.
        command: Command line, for the record.

    Returns:
        (the run folder of the average, the table of scores).

    Raises:
        InputError: The checkpoints have different shapes, or the runs different dev files and no file is given.
    """
    if output:
        RunFolder.require_unused(output)
    check_same_shape(checkpoints)
    common_dev_file(runs, file)

    def fill(folder):
        with atomic_folder(folder.best) as best:
            write_average(checkpoints, best)

    members = [Member(path, 1 / len(checkpoints)) for path in checkpoints]
    folder = write_joint_folder(runs[0], AVERAGE, members, output, file, command, fill)
    with Display(quiet) as display:
        display.log_to(folder.log)
        task_model, arguments = open_run(folder, None, display)
        split, steps = dev_split(task_model, arguments), task_model.steps()
        scores, predictions = task_model.score(steps, split)
        report_scores(task_model, split, scores, predictions, folder.path / "dev")
        folder.metrics({"epoch": 0, "step": 0, "split": "dev", **scores})
        rows = []
        for path in checkpoints:
            task_model.load_checkpoint(path)
            steps.reset()
            rows.append((str(path), 1 / len(checkpoints), task_model.score(steps, split)[0]))
        table = member_table([*rows, ("average", None, scores)])
        with atomic_write(folder.path / TABLE, "w") as text:
            text.write(table)
        display.note(f"average: {folder}")
    return folder, table


def average_checkpoints(checkpoints: Sequence[Path], output: str | None) -> Path:
    """Averages checkpoints that belong to no run into a checkpoint folder, which is returned.

    Raises:
        InputError: No output is given or it exists, or the checkpoints have different shapes.
    """
    if output is None:
        raise InputError("average: checkpoints of no run become a checkpoint folder, not a run. Name it with --output.")
    RunFolder.require_unused(output)
    check_same_shape(checkpoints)
    with atomic_folder(output) as folder:
        write_average(checkpoints, folder)
    return Path(output)
