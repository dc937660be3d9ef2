"""Fine-tuning: a task from its files to scores and a submission.

files -> examples -> encoded rows -> batches -> steps (model + head + loss) -> outputs -> predictions -> scores, tables, submission.
"""

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.data.examples import MANY_CLASSES, class_counts, class_memory, gold_counts
from baselines.errors import InputError
from baselines.evaluation.can import Can
from baselines.evaluation.predictions import Predictions
from baselines.evaluation.prior_correction import COUNTS, PriorCorrection, format_gain, prior_correction
from baselines.evaluation.report import write_report
from baselines.evaluation.submission import check_submission, official_name, write_submission, zip_files
from baselines.experiment.arguments import TrainArguments
from baselines.experiment.input_files import data_file, each_file
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog
from baselines.runtime import backends
from baselines.runtime.environment import peak_memory
from baselines.runtime.progress import Display
from baselines.task import Split
from baselines.task_models.binding import bind_task
from baselines.task_models.loading import bind_to_checkpoint, create_task_model, open_run, with_demo_files
from baselines.task_models.predicting import PredictingModel
from baselines.task_models.task_model import TaskModel
from baselines.training import devices, strategies
from baselines.training.steps import Steps
from baselines.workflows.fit import Fitted, fit
from baselines.workflows.held_out import parts_of_fold
from baselines.workflows.prediction import predict_file, predict_split, predict_texts
from baselines.workflows.teaching import open_teacher
from baselines.workflows.unlabelled_text import unlabelled_splits

ONE_EXAMPLE = {"eval_batch_size": 1, "jit": "false"}
"""For a single text: no padding rows, and no XLA, whose compilation takes longer than all other work."""


def train(name: str, arguments: TrainArguments, resume: RunFolder | None = None, command: Sequence[str] = ()) -> RunFolder:
    """Trains a task, scores the best epoch on dev, and predicts test if it is given.

    Several hosts do this in parallel; only the first one's files are kept.

    Args:
        name: Name of the task.
        arguments: Arguments of the run.
        resume: Run to resume, or None for a new one.
        command: Command line, for the record.

    Returns:
        The RunFolder.
    """
    return on_each_host(train_here, name, arguments, resume, command)


def on_each_host(
    work: Callable, name: str, arguments: TrainArguments, resume: RunFolder | None, command: Sequence[str]
) -> RunFolder:
    """work(name, arguments, resume, command); the files of all hosts but the first go to a temporary folder."""
    if devices.is_first_host():
        return work(name, arguments, resume, command)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "run"
        if resume:
            shutil.copytree(resume.path, copy)
        flags = dataclasses.replace(arguments.flags, output=str(copy), quiet=True)
        return work(name, dataclasses.replace(arguments, flags=flags), resume and RunFolder(copy), command)


def train_here(name: str, arguments: TrainArguments, resume: RunFolder | None, command: Sequence[str]) -> RunFolder:
    arguments = arguments.pinned()
    flags = arguments.flags
    name, task = task_catalog.find(name)
    names = ("train",) if flags.folds else ("train", "dev")
    files = {split: data_file(name, task, split, getattr(flags, split), flags.demo) for split in names}
    for split in ("unlabelled", "augmented"):
        if getattr(flags, split):
            files[split] = data_file(name, task, split, getattr(flags, split), flags.demo)
    labels = resume.read_labels() if resume else None
    if flags.output and not resume:
        RunFolder.require_unused(flags.output)
    with Display(flags.quiet) as display:
        teacher = open_teacher(name, arguments, display)
        labels = teacher.labels.names if teacher and teacher.labels else labels
        task_model = create_task_model(name, task, arguments, labels, files["train"], display)
        strategies.check_strategies(arguments.recipe.strategies, task_model.task.head, flags.unlabelled, flags.augmented)
        if teacher:
            teacher.prepare(task_model)
        given = {"train": "unlabelled"} if teacher and teacher.labels_training else {}
        splits = {split: task_model.read_split(given.get(split, split), path) for split, path in files.items()}
        splits |= {split: teacher.label(splits[split]) for split in given}
        if flags.folds:
            splits |= parts_of_fold(task_model, splits["train"], arguments)
        if flags.unlabelled:
            splits |= unlabelled_splits(splits, display)
        classes = task_model.task.classes
        if classes:
            display.note(class_counts(splits["train"].examples, classes))
        if task_model.task.labels and len(task_model.task.labels) > MANY_CLASSES:
            display.note(class_memory(len(task_model.task.labels), task_model.config.hidden_size))
        splits = {key: task_model.encode_split(split, training=key == "train") for key, split in splits.items()}
        for split in ("train", "dev"):
            task_model.remark(splits[split])

        run = resume or RunFolder.create(flags.output, name)
        described = each_file(files) | (teacher.files if teacher else {})
        run.describe(name, arguments.with_chosen(task_model.recipe).to_dict(), described, task_model.task.labels, command)
        if classes and run.read_json(COUNTS) is None:
            run.write_json(COUNTS, gold_counts(splits["train"].examples, classes))
        display.log_to(run.log)
        display.note(f"run folder: {run}")
        prepared = with_demo_files(run, name, task, arguments, lambda: task_model.tokenizer)
        if prepared is not arguments:
            task = bind_task(task, prepared.options, labels, files["train"])
            task_model.task = bind_to_checkpoint(task, prepared, task_model.tokenizer, task_model.config)
        fitted = fit(task_model, run, splits, arguments.settings, resume is not None, flags.keep_epochs, teacher)

        memory, position = peak_memory(), fitted.position
        if flags.test or not fitted.best:
            steps = fitted.restore_best(task_model, run)
        scores, predictions = fitted.best or task_model.score(steps, splits["dev"])
        report_scores(task_model, splits["dev"], scores, predictions, run.path / "dev")
        speed = len(splits["train"].examples) * position.epoch / max(position.seconds, 1e-9)
        display.result(
            f"dev  {format_scores(scores)}  (epoch {position.best_epoch} of {position.epoch}; "
            f"{position.seconds / 60:.1f} minutes of training, {speed:.0f} examples/s)"
        )
        summarize(run, fitted, next(iter(scores)), memory)
        if flags.test:
            predict_file(task_model, steps, flags.test, run.path / "test" / "predictions.jsonl")
    return run


def summarize(run: RunFolder, fitted: Fitted, metric: str, memory: Any) -> None:
    """Writes summary.json; a finished run that is only scored again keeps its own."""
    if run.read_summary() is None:
        names = ("best_epoch", "epoch", "updates", "seconds", "step_seconds")
        progress = {name: getattr(fitted.position, name) for name in names}
        summary = {"metric": metric, "score": fitted.position.best, **progress, "peak_memory": memory}
        run.write_json("summary.json", summary | {"compiled": fitted.steps.compiled})


def evaluate(
    run: RunFolder,
    name: str | None = None,
    file: str | None = None,
    quiet: bool = False,
    can: Can | None = None,
    devices: str = "one",
    changes: Mapping | None = None,
) -> dict[str, float]:
    """Scores a run's best checkpoint on its dev file (tables in its dev/), or on `file` (evaluate/FILE). Returns the scores.

    Args:
        run: The run.
        name: Expected task, or None.
        file: File to score; None for the dev file.
        quiet: Print results only.
        can: Prior correction to apply, with its own tables (dev-can/), or None.
        devices: "one", "all" or a number.
        changes: Options of the task that differ from training.
    """
    with Display(quiet) as display:
        task_model, arguments = open_run(run, name, display, devices, changes)
        folder = (f"evaluate/{Path(file).name}" if file else "dev") + ("-can" if can else "")
        split = dev_split(task_model, arguments, file)
        adjust = prior_correction(task_model, run, can) if can else None
        scores = score_split(task_model, task_model.steps(), split, run.path / folder, adjust)
    return scores


def dev_split(task_model: TaskModel, arguments: TrainArguments, file: str | None = None) -> Split:
    """The encoded dev split of a run, or another file in its place."""
    flags = arguments.flags
    if flags.folds and not file:
        path = data_file(task_model.name, task_model.task, "train", flags.train, flags.demo)
        return task_model.encode_split(parts_of_fold(task_model, task_model.read_split("train", path), arguments)["dev"])
    path = file or data_file(task_model.name, task_model.task, "dev", flags.dev, flags.demo)
    return task_model.encode_split(task_model.read_split("dev", path))


def score_split(
    task_model: TaskModel, steps: Steps, split: Split, folder: Path, adjust: Callable | None = None
) -> dict[str, float]:
    """Scores an encoded split and writes its report into `folder`; returns the scores."""
    scores, predictions = task_model.score(steps, split, adjust)
    if adjust:
        task_model.display.result(format_gain(task_model, split, adjust, predictions))
    report_scores(task_model, split, scores, predictions, folder)
    return scores


def report_scores(task_model: PredictingModel, split: Split, scores: dict, predictions: Predictions, folder: Path) -> None:
    """Writes the report of a scored split into `folder`."""
    table = write_report(folder, split, predictions, scores, task_model.task.labels, task_model.task.facts)
    worst = "" if predictions.losses is None else ", worst examples"
    task_model.display.note(f"{table}predictions{worst}: {folder}")


def predict(
    run: RunFolder,
    source: str | tuple[str, ...],
    output: str | None = None,
    name: str | None = None,
    quiet: bool = False,
    can: Can | None = None,
    devices: str = "one",
    changes: Mapping | None = None,
) -> list[dict]:
    """Predicts a file, or the one example that a tuple of texts makes. Returns [{"id", "prediction", "confidence"}, …]."""
    is_text = isinstance(source, tuple)
    with Display(quiet) as display:
        task_model, arguments = open_run(run, name, display, devices, {**(changes or {}), **(ONE_EXAMPLE if is_text else {})})
        if is_text:
            backends.current().optimize_graphs(False)
            return predict_texts(task_model, task_model.steps(), source, output)
        steps = task_model.steps()
        return predict_file(task_model, steps, source, output, checked_correction(task_model, steps, run, arguments, can))


def checked_correction(
    task_model: TaskModel, steps: Steps, run: RunFolder, arguments: TrainArguments, can: Can | None
) -> PriorCorrection | None:
    """The PriorCorrection of `can`, with its gain on dev shown first; None without."""
    if can is None:
        return None
    adjust, split = prior_correction(task_model, run, can), dev_split(task_model, arguments)
    predictions = task_model.predict(steps, split, adjust=adjust)
    task_model.display.note(f"dev {format_gain(task_model, split, adjust, predictions)}")
    return adjust


def submit(
    run: RunFolder,
    name: str | None = None,
    tests: Sequence[str | Path] = (),
    quiet: bool = False,
    can: Can | None = None,
    changes: Mapping | None = None,
) -> Path:
    """Writes, checks and zips the files that the leaderboard accepts, one per test file. Returns the path of submit.zip."""
    with Display(quiet) as display:
        task_model, arguments = open_run(run, name, display, changes=changes)
        task, submission = task_model.task, task_model.task.submit
        if submission is None:
            raise InputError(f"{task_model.name} has no leaderboard to submit to. Use `run.py predict` to write its predictions.")
        if not tests:
            tests = [data_file(task_model.name, task, test, None, arguments.flags.demo) for test in submission.files]
        for test in tests:
            official_name(submission, test)                             # refuse a wrong file before the work, not after
        steps, paths = task_model.steps(), []
        adjust = checked_correction(task_model, steps, run, arguments, can)
        for test in tests:
            split = task_model.read_split("test", test)
            predictions = {line["id"]: line["prediction"] for line in predict_split(task_model, steps, split, adjust)}
            path = write_submission(run.path / "submission", test, submission, split.examples, predictions)
            check_submission(path, test, submission, split.examples, task.classes)
            display.note(f"{path}: {len(split.examples)} rows, checked")
            paths.append(path)
        archive = zip_files(paths, run.path / "submission" / "submit.zip")
        display.note(f"submit this file: {archive}")
    return archive


def format_scores(scores: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
