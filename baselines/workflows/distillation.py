"""Distillation: a student from its first weights to a run folder, and a table of score, size and latency beside its teacher."""

import dataclasses
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.experiment.arguments import TrainArguments
from baselines.experiment.run_folder import RunFolder
from baselines.models.config import Config
from baselines.runtime.progress import Display
from baselines.runtime.text_table import aligned
from baselines.storage.atomic_files import atomic_write
from baselines.task_models.loading import open_run
from baselines.workflows import finetuning
from baselines.workflows.student_checkpoint import write_student

TIMED_TEXTS = 64
"""Texts of dev whose latency is measured, one at a time."""
COLUMNS = ("", "{metric}", "parameters", "MB", "ms/text", "CPU ms/text")


def distill(
    name: str,
    arguments: TrainArguments,
    teacher: RunFolder,
    config: Config | None = None,
    start: str | None = None,
    command: Sequence[str] = (),
) -> RunFolder:
    """Trains a student and reports.

    Args:
        name: Full name of the teacher's task.
        arguments: Of the student's run: a strategy with a teacher, and --init where there is no config.
        teacher: The teacher's run.
        config: The student's configuration; its first weights are written beside the run folder, as `<run>-start`.
        start: See `write_student`.
        command: Command line, for the record.

    Returns:
        The student's run.
    """
    flags = arguments.flags
    run = RunFolder.create(None, name) if flags.output is None else RunFolder(flags.output)
    RunFolder.require_unused(run.path)
    flags, folder = dataclasses.replace(flags, output=str(run)), run.path.with_name(f"{run.path.name}-start")
    try:
        if config:
            with Display(flags.quiet) as display:
                task_model, _ = open_run(teacher, name, display)
                said = write_student(folder, config, teacher, start, task_model.task.head.encoder_options)
                display.note(f"{folder}: {said}")
            flags = dataclasses.replace(flags, init=str(folder))
        finetuning.train(name, dataclasses.replace(arguments, flags=flags), command=command)
    except BaseException:
        if not run.has_recipe():                                        # refused before training: nothing to resume
            shutil.rmtree(folder, ignore_errors=True)
        if run.path.is_dir() and not any(run.path.iterdir()):
            run.path.rmdir()
        raise
    report(run, teacher, flags.quiet)
    return run


def report(run: RunFolder, teacher: RunFolder, quiet: bool = False) -> list[dict]:
    """Measures teacher and student on the student's dev file; prints distillation.txt and writes it, with distillation.json.

    Latency is that of one text at a time, median over TIMED_TEXTS texts, on which the two take turns.

    Returns:
        A dict for the teacher and one for the student.
    """
    with Display(quiet) as display:
        student, arguments = open_run(run, None, display)
        split = finetuning.dev_split(student, arguments)
        rows = [measure("student", run, student, split)]
        other, _ = open_run(teacher, None, display)
        rows.insert(0, measure("teacher", teacher, other, other.encode_split(split)))
        for row, (wall, cpu) in zip(rows, latencies((other, student), split.examples[:TIMED_TEXTS]), strict=True):
            row |= {"milliseconds": wall, "cpu_milliseconds": cpu}
        text = format_report(rows)
        display.result(text)
    run.write_json("distillation.json", rows)
    with atomic_write(run.path / "distillation.txt", "w") as file:
        file.write(text + "\n")
    return rows


def measure(name: str, run: RunFolder, task_model: Any, split: Any) -> dict:
    """The score of a run on an encoded split, and its size."""
    scores, _ = task_model.score_epoch(task_model.steps(), split)
    metric = next(iter(scores))
    megabytes = (Path(run.best) / "model.safetensors").stat().st_size / 1e6
    return {"run": str(run), "name": name, "metric": metric, "score": scores[metric], "parameters": task_model.model.count_params(),
            "megabytes": megabytes}  # fmt: skip


def latencies(task_models: Sequence[Any], examples: Sequence) -> list[tuple[float, float]]:
    """Median (wall, CPU) milliseconds of one text for each model: encoding and prediction, without compilation."""
    steps = [task_model.steps() for task_model in task_models]

    def predict(number, example):
        for features in rows_of(task_models[number], example):
            steps[number].predict(features)

    found = [[] for _ in task_models]
    for timed in (False, True):                                         # the first pass compiles
        for example in examples:
            for number in range(len(task_models)):
                wall, cpu = time.perf_counter(), time.process_time()
                predict(number, example)
                if timed:
                    found[number].append((time.perf_counter() - wall, time.process_time() - cpu))
    return [tuple(1000 * float(median) for median in np.median(pairs, axis=0)) for pairs in found]


def rows_of(task_model: Any, example: Any) -> list[dict]:
    """The features of an example, as batches of one row."""
    batches = task_model.batches(task_model.split_of([dataclasses.replace(example, gold=None)]).encoded, 1)
    return [batches.collate(np.array([number]))["features"] for number in range(len(batches.rows))]


def format_report(rows: Sequence[dict]) -> str:
    """The table of `report` as text."""
    lines = [[column.format(metric=rows[0]["metric"]) for column in COLUMNS]]
    for row in rows:
        numbers = f"{row['score']:.4f}", f"{row['parameters']:,}", f"{row['megabytes']:.1f}"
        lines.append([row["name"], *numbers, f"{row['milliseconds']:.1f}", f"{row['cpu_milliseconds']:.1f}"])
    return aligned(lines, "><").rstrip("\n")
