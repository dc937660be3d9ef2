"""The map: one task from its files to a score and a submission. This, session.py, opening.py and fitting.py are where stages meet.

files -> examples -> rows -> batches -> steps (model + head + loss) -> outputs -> predictions -> scores, tables, submission.
"""

import dataclasses
import shutil
import tempfile
from pathlib import Path

from baselines.data.examples import class_counts, gold_counts
from baselines.data.writers import write_lines
from baselines.errors import InputError
from baselines.evaluation.prior_correction import COUNTS, gain, prior_correction
from baselines.evaluation.report import prediction_lines, write_report
from baselines.evaluation.submission import check, official_name, write, zip_files
from baselines.experiment.input_files import data_file, each_file
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog
from baselines.runtime.environment import peak_memory
from baselines.runtime.progress import Display
from baselines.task import Example
from baselines.task_models.loading import bound, create_task_model, open_run, with_demo_files
from baselines.training import devices, strategies
from baselines.workflows.fit import fit


def train(name, arguments, resume=None, command=()):
    """Trains a task, scores the best epoch on dev, predicts test if there is one. Returns the RunFolder.

    arguments   TrainArguments       resume   the RunFolder to go on with       command   what was typed, for the record

    Several hosts do all of this side by side; the files of the first one are kept.
    """
    return on_each_host(train_here, name, arguments, resume, command)


def on_each_host(work, name, arguments, resume, command):
    """work(name, arguments, resume, command); on all hosts but the first its files are written aside and thrown away."""
    if devices.is_first_host():
        return work(name, arguments, resume, command)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "run"
        if resume:
            shutil.copytree(resume.path, copy)
        flags = dataclasses.replace(arguments.flags, output=str(copy), quiet=True)
        return work(name, dataclasses.replace(arguments, flags=flags), resume and RunFolder(copy), command)


def train_here(name, arguments, resume, command):
    flags = arguments.flags
    name, task = task_catalog.find(name)
    files = {split: data_file(name, task, split, getattr(flags, split), flags.demo) for split in ("train", "dev")}
    if flags.unlabelled:
        files["unlabelled"] = data_file(name, task, "unlabelled", flags.unlabelled, flags.demo)
    labels = resume.read_json("labels.json") if resume else None
    if flags.output and not resume:
        RunFolder.require_unused(flags.output)
    with Display(flags.quiet) as display:
        session = create_task_model(name, task, arguments, labels, files["train"], display)
        strategies.check(arguments.recipe.strategies, session.task.head, flags.unlabelled)
        examples = {split: session.examples(path, split) for split, path in files.items()}
        if flags.unlabelled:
            examples["unlabelled"] = without_gold(examples["unlabelled"])
        if session.task.classes:
            display.note(class_counts(examples["train"], session.task.classes))
        rows = {split: session.rows(examples[split], training=split == "train") for split in files}
        for split in ("train", "dev"):
            session.remark(split, examples[split], rows[split])

        run = resume or RunFolder.create(flags.output, name)
        if not resume:
            run.describe(name, arguments.to_dict(), each_file(files), session.task.labels, command)
            if session.task.classes:
                run.write_json(COUNTS, gold_counts(examples["train"], session.task.classes))
        display.log_to(run.log)
        display.note(f"run folder: {run}")
        answering = with_demo_files(run, name, task, arguments, lambda: session.tokenizer)
        if answering is not arguments:
            session.task = bound(task, answering.options, labels, files["train"])
        position = fit(session, run, examples, rows, arguments.settings, resume is not None)

        memory = peak_memory()
        session.load_checkpoint(run.require_best())
        steps = session.steps()
        scores = score_split(session, steps, run, "dev", examples["dev"], rows["dev"])
        speed = len(examples["train"]) * position.epoch / max(position.seconds, 1e-9)
        display.result(
            f"dev  {shown(scores)}  (epoch {position.best_epoch} of {position.epoch}; "
            f"{position.seconds / 60:.1f} minutes of training, {speed:.0f} examples/s)"
        )
        summarize(run, position, next(iter(scores)), memory)
        if flags.test:
            predict_file(session, steps, flags.test, run.path / "test" / "predictions.jsonl")
    return run


def summarize(run, position, metric, memory):
    """Writes summary.json; a finished run that is only scored again keeps its own."""
    if run.read_json("summary.json") is None:
        names = ("best_epoch", "epoch", "updates", "seconds", "step_seconds")
        found = {name: getattr(position, name) for name in names}
        run.write_json("summary.json", {"metric": metric, "score": position.best, **found, "peak_memory": memory})


def evaluate(run, name=None, file=None, quiet=False, can=None, devices="one", changes=None):
    """Scores a run's best checkpoint on its dev file (tables in its dev/), or on `file` (evaluate/FILE). Returns the scores.

    can       Can, or None: adjusts predictions, for tables of their own (dev-can/)
    changes   {option: value} of the run's task that are others than in training
    """
    with Display(quiet) as display:
        session, arguments = open_run(run, name, display, devices, changes)
        path = file or data_file(session.name, session.task, "dev", arguments.flags.dev, arguments.flags.demo)
        examples = session.examples(path, "dev")
        folder = (f"evaluate/{Path(file).name}" if file else "dev") + ("-can" if can else "")
        adjust = prior_correction(session, run, can) if can else None
        scores = score_split(session, session.steps(), run, folder, examples, session.rows(examples), adjust)
    return scores


def score_split(session, steps, run, folder, examples, rows, adjust=None):
    scores, (predictions, losses, confidences) = session.score(steps, examples, rows, adjust)
    if adjust:
        session.display.result(gain(session, examples, rows, adjust, predictions))
    folder = run.path / folder
    table = write_report(folder, examples, predictions, scores, losses, session.task.labels, confidences)
    session.display.note(f"{table}predictions{', worst examples' if losses is not None else ''}: {folder}")
    return scores


def predict(run, source, output=None, name=None, quiet=False, can=None, devices="one", changes=None):
    """Predicts a file, or the one example that a tuple of texts makes. Returns [{"id", "prediction", "confidence"}, …]."""
    with Display(quiet) as display:
        session, arguments = open_run(run, name, display, devices, changes)
        if isinstance(source, tuple):
            check_texts(session, source)
            return predict_examples(session, session.steps(), [Example(id=0, texts=source, origin="the command line")])
        steps = session.steps()
        return predict_file(session, steps, source, output, adjusted(session, steps, run, arguments, can))


def adjusted(session, steps, run, arguments, can):
    """The Adjustment of `can`, whose gain on dev is told; None without."""
    if can is None:
        return None
    adjust = prior_correction(session, run, can)
    path = data_file(session.name, session.task, "dev", arguments.flags.dev, arguments.flags.demo)
    examples = session.examples(path, "dev")
    rows = session.rows(examples)
    predictions, _, _ = session.predict(steps, examples, rows, adjust=adjust)
    session.display.note(f"dev {gain(session, examples, rows, adjust, predictions)}")
    return adjust


def check_texts(session, texts):
    """Raises InputError for another number of texts than an example of the task has."""
    if session.task.num_texts not in (None, len(texts)):
        raise InputError(
            f"{session.name}: expected {session.task.num_texts} text{'s' * (session.task.num_texts > 1)} for one example. "
            f"Received: {len(texts)}. Put each between quotes."
        )


def predict_file(session, steps, path, output=None, adjust=None):
    lines = predict_examples(session, steps, session.examples(path, "test"), adjust)
    if output:
        write_lines(output, lines, session.task.cell)
        session.display.note(f"predictions: {output}")
    return lines


def predict_examples(session, steps, examples, adjust=None):
    examples = without_gold(examples)
    predictions, _, confidences = session.predict(steps, examples, session.rows(examples), adjust=adjust)
    return prediction_lines(examples, predictions, confidences=confidences)


def without_gold(examples):
    return [dataclasses.replace(example, gold=None) for example in examples]


def submit(run, name=None, tests=(), quiet=False, can=None, changes=None):
    """Writes, checks and zips the files that the leaderboard accepts, one per test file. Returns the path of submit.zip."""
    with Display(quiet) as display:
        session, arguments = open_run(run, name, display, changes=changes)
        task, submission = session.task, session.task.submit
        if submission is None:
            raise InputError(f"{session.name}: expected a task with a leaderboard. This has none; see `run.py predict`.")
        if not tests:
            tests = [data_file(session.name, task, test, None, arguments.flags.demo) for test in submission.files]
        for test in tests:
            official_name(submission, test)                             # refuse a wrong file before the work, not after
        steps, written = session.steps(), []
        adjust = adjusted(session, steps, run, arguments, can)
        for test in tests:
            examples = session.examples(test, "test")
            found = {line["id"]: line["prediction"] for line in predict_examples(session, steps, examples, adjust)}
            path = write(run.path / "submission", test, submission, examples, found)
            check(path, test, submission, examples, task.classes)
            display.note(f"{path}: {len(examples)} rows, checked")
            written.append(path)
        archive = zip_files(written, run.path / "submission" / "submit.zip")
        display.note(f"hand in: {archive}")
    return archive


def shown(scores):
    return "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
