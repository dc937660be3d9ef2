"""Distill a run into a smaller or faster model, which becomes an ordinary run; report score, size and latency of both.

run.py distill --run TEACHER --model small.json [--unlabelled F] [--start random] [--distill.temperature 4] [the flags of train]
run.py distill --run TEACHER --init CHECKPOINT [--unlabelled F]        run.py distill --resume RUN
run.py distill --run TEACHER --model shallow.json --by theseus [--theseus.rate 0.3]
"""

import dataclasses
import tempfile
from pathlib import Path

import yaml

from baselines.cli.argument_parser import existing, parse_train, take_option
from baselines.cli.startup import start_backend
from baselines.cli.train import check_parts
from baselines.cli.train import resume as resume_training
from baselines.errors import InputError, excerpt, nearest
from baselines.experiment.arguments import TrainArguments
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog
from baselines.runtime.command_name import command_name

STUDENT = {
    "init": None, "from_scratch": False, "ignore_mismatched": False, "unlabelled": None, "augmented": None, "unlabelled_ratio": 1,
    "test": None, "output": None, "keep_epochs": 0, "loss": "task", "model": "auto", "model_options": [], "rate_factors": [],
    "devices": "one", "model_parallel": 1, "pad_to_multiple_of": "auto", "few": "", "head_start": "random", "freeze": "none",
}  # fmt: skip
"""Flags of the teacher's run that are not the student's; all others are, unless the command line says otherwise."""
STARTS = ("teacher", "random")
BY = ("distill", "theseus")


def main(argv: list[str]) -> None:
    command = [command_name(), "distill", *argv]
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    argv, resumed = take_option(argv, "--resume")
    if resumed:
        return resume(argv, resumed)
    argv, folder = take_option(argv, "--run")
    argv, model = take_option(argv, "--model")
    argv, start = take_option(argv, "--start")
    argv, by = take_option(argv, "--by")
    if folder is None:
        raise InputError("distill: no teacher is given. Add --run DIR, a trained run.")
    if start is not None and start not in STARTS:
        raise InputError(f"--start: expected teacher or random. Received: {excerpt(start)}. {nearest(start, STARTS)}")
    if by is not None and by not in BY:
        raise InputError(f"--by: expected distill or theseus. Received: {excerpt(by)}. {nearest(by, BY)}")
    teacher = RunFolder.open(folder)
    teacher.require_trained("distill")
    name, arguments = student_arguments(teacher, by or "distill", argv)
    if bool(model) == bool(arguments.flags.init):
        problem = "--model and --init exclude each other" if model else "no student is given"
        raise InputError(f"distill: {problem}. Give --model CONFIG, a JSON file with the student's sizes, or --init CHECKPOINT.")
    if start and not model:
        raise InputError("--start: a student of --init has weights of its own. Leave the flag out.")
    if model:
        existing(model, "--model")

    start_backend(arguments.recipe)
    from baselines.workflows.distillation import distill
    from baselines.workflows.student_checkpoint import student_config

    config = student_config(model, teacher) if model else None
    distill(name, arguments, teacher, config, start, command)


def student_arguments(teacher: RunFolder, by: str, argv: list[str]) -> tuple[str, TrainArguments]:
    """(full name of the teacher's task, the student's TrainArguments): the teacher's own where the command line says no other.

    Without the teacher's training file the student learns from the unlabeled one, as the teacher labels it.
    """
    values = teacher.read_recipe()
    name, task = task_catalog.find(values.pop("task"))
    values = {key: value for key, value in values.items() if "." not in key} | STUDENT
    values |= {"strategies": [by], f"{by}.teacher": str(teacher)}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "recipe.yaml"
        config.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
        arguments = parse_train(task, ["--config", str(config), *argv], "run.py distill")
    chosen = arguments.recipe.strategies
    if by not in chosen:
        raise InputError(f"--strategies {','.join(chosen)}: {by} is missing. Write {','.join((by, *chosen))}.")
    if by == "distill":
        arguments = with_training_file(arguments)
    check_parts(task, arguments)
    return name, arguments.pinned()


def with_training_file(arguments: TrainArguments) -> TrainArguments:
    """The arguments, with the unlabeled file as the training file where the teacher's is gone."""
    flags = arguments.flags
    gone = next((file for file in flags.train or () if not Path(file).exists()), None)
    if gone is None:
        return arguments
    if not flags.unlabelled:
        raise InputError(f"--train: {gone} does not exist. Give a training file, or --unlabelled texts for the teacher to label.")
    flags = dataclasses.replace(flags, train=flags.unlabelled, unlabelled=None)
    return dataclasses.replace(arguments, flags=flags, settings={**arguments.settings, "distill.teacher_labels": True})


def resume(argv: list[str], folder: str) -> None:
    """Resumes a student's run, then reports."""
    run = RunFolder.open(folder)
    recipe = run.read_recipe()
    teacher = next((recipe[f"{by}.teacher"] for by in BY if f"{by}.teacher" in recipe), None)
    if teacher is None:
        raise InputError(f"distill --resume: {folder} is no student's run. Use: run.py train --resume {folder}")
    resume_training(argv, folder)
    from baselines.workflows.distillation import report

    report(run, RunFolder.open(teacher))
