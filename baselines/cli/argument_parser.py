"""Parses command lines into dataclasses: a field is a flag and a YAML key, its docstring is the help. Unknown flags are errors."""

import contextlib
import dataclasses
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import tyro

from baselines.errors import InputError, excerpt, nearest
from baselines.experiment.arguments import TrainArguments, TrainFlags, check_recipe, train_arguments
from baselines.experiment.export_folder import ExportFolder
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog
from baselines.plugins.settings import take_settings
from baselines.storage.checkpoint_paths import best_of_run, folder_of, local_path
from baselines.storage.hubs.names import suggestion
from baselines.storage.yaml_files import read_yaml
from baselines.task import Recipe, Task

FlagsClass = TypeVar("FlagsClass")

OUR_WORDS = {
    "Error parsing ": "",
    "Missing from run.py": "missing for run.py",
    "invalid literal for int() with base 10:": "expected a whole number. Received:",
    "could not convert string to float:": "expected a number. Received:",
}


def parse_train(task: Task, argv: Sequence[str], prog: str, flags: type = TrainFlags) -> TrainArguments:
    """Reads the TrainArguments of a command line. Later sources win: the task's recipe, --demo, --config FILE, flags.

    Args:
        task: Task whose recipe and options give the defaults.
        argv: Words after the task's name.
        prog: Command in messages, such as "run.py train clue/tnews".
        flags: Dataclass of the flags about files.

    Returns:
        The checked arguments.

    Raises:
        InputError: A flag is unknown, or a value is not allowed.
    """
    argv, config = take_option(argv, "--config")
    argv, settings = take_settings(with_jit_value(argv))
    values = {} if config is None else read_yaml(config)
    values.pop("task", None)
    if os.environ.get("RECOMPUTE") == "1":
        values.setdefault("recompute", True)
    for word, demo in {"--demo": True, "--no_demo": False}.items():
        if word in argv:
            values["demo"] = demo
    default = train_arguments(task, values, config, flags)
    fields = [("files", flags, default.flags), ("recipe", Recipe, default.recipe)]
    if task.options:
        fields.append(("task", task.options, default.options))
    kind = dataclasses.make_dataclass("Arguments", [(name, type_) for name, type_, _ in fields], frozen=True)
    kind.__doc__ = "--config FILE takes any of these flags from a YAML file; flags on the command line win."
    parsed = parse(kind, argv, prog, default=kind(*(value for _, _, value in fields)))
    recipe = dataclasses.replace(parsed.recipe, strategies=separated(parsed.recipe.strategies))
    settings = {**default.settings, **settings}
    return check_recipe(TrainArguments(parsed.files, recipe, getattr(parsed, "task", None), settings))


def with_jit_value(argv: Sequence[str]) -> list[str]:
    """Adds the value of `--jit` to a command line: alone it means true, and --no_jit means --jit false."""
    words = []
    for index, word in enumerate(argv):
        if word in ("--no_jit", "--no-jit"):
            words += ["--jit", "false"]
        elif word == "--jit" and (index + 1 == len(argv) or argv[index + 1].startswith("-")):
            words += ["--jit", "true"]
        else:
            words.append(word)
    return words


def separated(names: Sequence[str]) -> tuple[str, ...]:
    """Splits names that may be written with commas (`fgm,ema`). Drops "none"."""
    words = [word.strip() for name in names for word in name.split(",")]
    return tuple(word for word in words if word and word != "none")


def parse(kind: type[FlagsClass], argv: Sequence[str], prog: str, **settings: Any) -> FlagsClass:
    """Reads an instance of a dataclass from a command line. Nested dataclasses add their fields without a prefix.

    Args:
        kind: Dataclass; each field is a flag.
        argv: Words to parse.
        prog: Command in messages.
        settings: More keywords of `tyro.cli`, such as `default`.

    Returns:
        An instance of `kind`.

    Raises:
        InputError: A flag is unknown or missing, or a value has the wrong type.
    """
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            parsed, unknown = tyro.cli(
                tyro.conf.OmitArgPrefixes[kind], args=list(argv), prog=prog, return_unknown_args=True, use_underscores=True,
                add_help=True, **settings,
            )  # fmt: skip
    except SystemExit as stop:
        if not stop.code:
            raise
        raise InputError(f"{prog}: {_in_one_line(complaint.getvalue())} See --help.") from None
    if unknown:
        name = next((word for word in unknown if word.startswith("-")), unknown[0])
        advice = nearest(name.partition("=")[0], _flag_names(kind))
        raise InputError(f"{prog}: there is no flag {excerpt(name)}. {advice} See --help.")
    return parsed


def parse_for_run(kind: type[FlagsClass], argv: Sequence[str], prog: str) -> tuple[FlagsClass, dict[str, Any]]:
    """Reads flags of a verb that takes a run, and the inference options of the run's task.

    Args:
        kind: Dataclass of the verb's flags.
        argv: Words to parse.
        prog: Command in messages.

    Returns:
        (an instance of `kind`, {name: value} of the task's inference options that are given).

    Raises:
        InputError: A flag is unknown, or --run is not a run folder.
    """
    _, run = take_option(argv, "--run")
    options = _inference_options(run) if run else None
    if not options:
        try:
            return parse(kind, argv, prog), {}
        except InputError:
            if run and not ExportFolder.is_export(run):
                RunFolder.open(run)                                     # without a run folder, the flags are not the problem
            raise
    joint = dataclasses.make_dataclass("Arguments", [("flags", kind), ("task", options)], frozen=True)
    joint.__doc__ = kind.__doc__
    parsed = parse(joint, argv, prog)
    return parsed.flags, {name: value for name, value in dataclasses.asdict(parsed.task).items() if value is not None}


def _inference_options(run):
    """The dataclass of the inference options of a run's task; None without options or without such a run."""
    if ExportFolder.is_export(run):
        return task_catalog.find(ExportFolder.open(run).task_name)[1].inference_options
    run = RunFolder(run)
    return task_catalog.find(run.read_recipe()["task"])[1].inference_options if (run.path / "recipe.yaml").is_file() else None


def take_option(argv: Sequence[str], name: str) -> tuple[list[str], str | None]:
    """Takes `--name VALUE` (or `--name=VALUE`) out of a command line.

    Args:
        argv: Words of a command line.
        name: The option with its dashes, such as "--config".

    Returns:
        (the other words, the value or None).

    Raises:
        InputError: The option comes last, without a value.
    """
    argv, value = list(argv), None
    for index, word in enumerate(argv):
        if word == name:
            if index + 1 == len(argv):
                raise InputError(f"{name}: a value is missing. Write {name} VALUE.")
            value = argv[index + 1]
            del argv[index : index + 2]
            break
        if word.startswith(f"{name}="):
            value = word.partition("=")[2]
            del argv[index]
            break
    return argv, value


def existing_checkpoint(path: str | os.PathLike, flag: str, weights: bool = True) -> Path:
    """Returns the path of a checkpoint: its folder, a file of its weights, or a TensorFlow prefix. A hub's name is downloaded.

    Args:
        path: Folder, file, prefix, or name on a hub.
        flag: The flag that gave it, for the message.
        weights: Whether its weights are needed.

    Raises:
        InputError: Nothing of that name exists, or it is a run folder. The message names the nearest.
    """
    path = local_path(path, weights)
    if best := best_of_run(path):
        raise InputError(f"{flag}: {path} is a run folder, not a checkpoint. Its checkpoint is {best}.")
    if folder_of(path).is_dir():
        return path
    if not path.exists() and (advice := suggestion(path)):
        raise InputError(f"{flag}: {path} does not exist.{advice}")
    return existing(path, flag)


def existing(path: str | os.PathLike, flag: str) -> Path:
    """Returns a path as a Path if it exists.

    Args:
        path: File or folder.
        flag: The flag that gave it, for the message.

    Raises:
        InputError: The path does not exist, and the message lists its neighbors; or no path can be written so.
    """
    path = Path(path)
    try:
        found = path.exists()
    except OSError as error:                                            # such as a name of 300 letters
        raise InputError(f"{flag}: {excerpt(str(path))} cannot be a file ({error.strerror.lower()}). Check the path.") from None
    if not found:
        beside = sorted(p.name for p in path.parent.iterdir())[:8] if path.parent.is_dir() else []
        there = f"In {path.parent}: {', '.join(beside)}." if beside else f"There is no folder {path.parent} either."
        raise InputError(f"{flag}: {path} does not exist. {there}")
    return path


def _in_one_line(box):
    """The text of tyro's box between its title and its next rule, in one line. Terminals that are not UTF-8 have rules of -."""
    lines = [line.strip("│ ") for line in re.sub(r"\x1b\[[0-9;]*m", "", box).splitlines()[1:]]
    is_rule = [bool(line) and not line.strip("─-") for line in lines]
    start = 1 if is_rule and is_rule[0] else 0
    end = is_rule.index(True, start) if True in is_rule[start:] else len(lines)
    words = " ".join(lines[start:end])
    for theirs, ours in OUR_WORDS.items():
        words = words.replace(theirs, ours)
    return f"{words.rstrip('.')}."


def _flag_names(kind):
    for field in dataclasses.fields(kind):
        if dataclasses.is_dataclass(field.type):
            yield from _flag_names(field.type)
        else:
            yield f"--{field.name}"
