"""The end of a cross-validation: scores of all rows by the runs that have not learned from them, and the ensemble of the folds."""

import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from baselines.evaluation.predictions import Predictions
from baselines.evaluation.report import write_report
from baselines.experiment.members import ENSEMBLE, Member
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.runtime.text_table import aligned
from baselines.storage.atomic_files import atomic_write
from baselines.task import Example, Split
from baselines.task_models.loading import open_run
from baselines.workflows.finetuning import dev_split
from baselines.workflows.joint_folder import write_joint_folder

PREDICTOR, OUT_OF_FOLD, TABLE = "ensemble", "out_of_fold", "folds.txt"


def join_folds(folder: Path, runs: Sequence[RunFolder], display: Display, command: Sequence[str] = ()) -> tuple[RunFolder, str]:
    """Scores what each run was not trained on, and makes the runs of all folds one predictor.

    Args:
        folder: Folder of the cross-validation. It gets out_of_fold/ with predictions and scores, folds.txt and ensemble/.
        runs: The run of each fold, in order.
        display: Shows progress.
        command: Command line, for the record.

    Returns:
        (the run folder of the ensemble, the table of scores).
    """
    examples, by_id, losses, confidences, scores = [], {}, {}, {}, []
    for run in runs:
        task_model, arguments = open_run(run, None, display)
        split = dev_split(task_model, arguments)
        own, predictions = task_model.score(task_model.steps(), split)
        scores.append(own)
        examples += split.examples
        by_id |= predictions.by_id
        ids = [example.id for example in split.examples]
        losses |= dict(zip(ids, predictions.losses, strict=True)) if predictions.losses is not None else {}
        confidences |= predictions.confidences or {}
    examples = in_order(examples, [example.id for example in task_model.read_split("train", split.path).examples])
    joined = np.array([losses[example.id] for example in examples]) if losses else None
    predictions = Predictions(by_id, joined, confidences or None)
    golds = [example.gold for example in examples]
    pooled = dict(task_model.task.metric(golds, predictions.of(examples)))
    path, task = folder / OUT_OF_FOLD, task_model.task
    write_report(path, Split("dev", None, examples), predictions, pooled, task.labels, task.facts)
    table = fold_table(scores, pooled)
    with atomic_write(folder / TABLE, "w") as file:
        file.write(table)
    predictor = RunFolder(folder / PREDICTOR)
    if not predictor.has_recipe():
        members = [Member(run.path, 1 / len(runs)) for run in runs]
        predictor = write_joint_folder(runs[0], ENSEMBLE, members, str(predictor.path), None, command)
    display.note(f"out-of-fold predictions: {path}\npredictor: {predictor}")
    return predictor, table


def in_order(examples: Sequence[Example], ids: Sequence) -> list[Example]:
    """Examples in the order in which their file has their ids."""
    places = {id: place for place, id in enumerate(ids)}
    return sorted(examples, key=lambda example: places[example.id])


def fold_table(scores: Sequence[dict], pooled: dict) -> str:
    """One line per fold, their mean and standard deviation, and the score of all out-of-fold predictions together."""
    names = [name for name in scores[0] if all(name in each for each in scores)]
    lines = [["fold", *names]]
    for number, each in enumerate(scores, start=1):
        lines.append([str(number), *(f"{each[name]:.4f}" for name in names)])
    for label, reduce in (("mean", statistics.mean), ("std", statistics.stdev)):
        lines.append([label, *(f"{reduce([each[name] for each in scores]):.4f}" for name in names)])
    lines.append(["all rows", *(f"{pooled[name]:.4f}" if name in pooled else "-" for name in names)])
    return aligned(lines, ">")
