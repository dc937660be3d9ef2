"""Command lines from dataclasses: every field is a flag and a YAML key, its docstring is its help, unknown ones are refused."""

import dataclasses
from pathlib import Path

import tyro

from baselines.errors import InputError, nearest
from baselines.run_folder import read_yaml
from baselines.task import Recipe


@dataclasses.dataclass(frozen=True)
class TrainFlags:
    """What a run reads and where it writes."""

    train: str | None = None
    """Training file; default: the official name under datasets/TASK."""
    dev: str | None = None
    """File to choose the best epoch by; default as above."""
    test: str | None = None
    """File to predict at the end; default: none."""
    init: str | None = None
    """Checkpoint folder to start from: Google-BERT, Hugging Face, or a run's best/."""
    from_scratch: bool = False
    """Start from random weights; --init then gives only the configuration and the vocabulary."""
    ignore_mismatched: bool = False
    """Load what fits from --init, leave the rest random, and list it."""
    output: str | None = None
    """Run folder; default: runs/TASK/TIME."""
    demo: bool = False
    """Use the embedded data (datasets/mini) and the embedded small model (checkpoints/mini)."""
    cache: str = ".cache/encoded"
    """Folder that keeps encoded data for the next run; "" keeps nothing."""
    quiet: bool = False
    """Print results only."""


@dataclasses.dataclass(frozen=True)
class TrainArguments:
    """All that determines a run: flags, recipe and the task's own options. `to_dict` is what recipe.yaml holds."""

    flags: TrainFlags
    recipe: Recipe
    options: object = None

    def to_dict(self):
        parts = [part for part in (self.flags, self.recipe, self.options) if part is not None]
        values = {key: value for part in parts for key, value in dataclasses.asdict(part).items()}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def train_arguments(task, values, origin="--config"):
    """TrainArguments of a task from a flat mapping such as recipe.yaml's. Raises InputError for unknown keys and unfit values."""
    types = [TrainFlags, Recipe, *([task.options] if task.options else [])]
    known = {field.name: field for kind in types for field in dataclasses.fields(kind)}
    for key, value in values.items():
        if key not in known:
            raise InputError(f"{origin}: expected keys that are flags of this task. Received: {key}. {nearest(key, known)}")
        check_type(known[key], value, origin)
    pick = lambda kind: {f.name: _plain(f, values[f.name]) for f in dataclasses.fields(kind) if f.name in values}  # noqa: E731
    recipe = task.recipe
    if values.get("demo"):
        recipe = dataclasses.replace(recipe, **task.demo)
    return TrainArguments(
        TrainFlags(**pick(TrainFlags)),
        dataclasses.replace(recipe, **pick(Recipe)),
        task.options(**pick(task.options)) if task.options else None,
    )


def parse_train(task, argv, prog):
    """TrainArguments from a command line. Later wins: task's recipe, --demo, --config FILE, flags."""
    argv, config = take_option(argv, "--config")
    values = {} if config is None else read_yaml(config)
    values.pop("task", None)
    if "--demo" in argv:
        values["demo"] = True
    default = train_arguments(task, values, config)
    fields = [("flags", TrainFlags, default.flags), ("recipe", Recipe, default.recipe)]
    if task.options:
        fields.append(("options", task.options, default.options))
    kind = dataclasses.make_dataclass("Arguments", [(name, type_) for name, type_, _ in fields], frozen=True)
    kind.__doc__ = ""
    parsed = parse(kind, argv, prog, default=kind(*(value for _, _, value in fields)))
    return check_recipe(TrainArguments(parsed.flags, parsed.recipe, getattr(parsed, "options", None)))


def parse(kind, argv, prog, **settings):
    """An instance of the dataclass `kind` from a command line; nested dataclasses add their fields without a prefix."""
    parsed, unknown = tyro.cli(
        tyro.conf.OmitArgPrefixes[kind], args=list(argv), prog=prog, return_unknown_args=True, use_underscores=True,
        add_help=True, **settings,
    )  # fmt: skip
    if unknown:
        flags = sorted(_flag_names(kind))
        name = next((word for word in unknown if word.startswith("-")), unknown[0]).partition("=")[0]
        raise InputError(f"{prog}: expected flags of this command. Received: {name}. {nearest(name, flags)} See --help.")
    return parsed


def take_option(argv, name):
    """A command line without `--name VALUE` (or `--name=VALUE`), and the value or None."""
    argv, value = list(argv), None
    for index, word in enumerate(argv):
        if word == name:
            if index + 1 == len(argv):
                raise InputError(f"{name}: expected a value after it. Received: nothing.")
            value = argv[index + 1]
            del argv[index : index + 2]
            break
        if word.startswith(f"{name}="):
            value = word.partition("=")[2]
            del argv[index]
            break
    return argv, value


def check_recipe(arguments):
    """Returns the arguments. Raises InputError for a number out of its range."""
    recipe = arguments.recipe
    limits = {
        "max_length": (3, None), "batch_size": (1, None), "epochs": (1, None), "learning_rate": (0, None), "warmup": (0, 1),
        "weight_decay": (0, None), "clip_norm": (0, None), "accumulate": (1, None), "patience": (0, None),
        "eval_batch_size": (1, None), "save_minutes": (0, None), "log_steps": (1, None), "seed": (0, 2**32 - 1),
    }  # fmt: skip
    for name, (low, high) in limits.items():
        value = getattr(recipe, name)
        if not (value >= low and (high is None or value <= high)):
            bound = f"at least {low}" if high is None else f"from {low} to {high}"
            raise InputError(f"--{name}: expected a number, {bound}. Received: {value}")
    choices = {"schedule": ("linear", "constant"), "precision": ("float32", "bf16", "fp16")}
    for name, known in choices.items():
        value = getattr(recipe, name)
        if value not in known:
            raise InputError(f"--{name}: expected one of {', '.join(known)}. Received: {value!r}. {nearest(value, known)}")
    return arguments


def check_type(field, value, origin):
    """Raises InputError if a YAML value cannot be that of a dataclass field."""
    kinds = {int: int, float: (int, float), bool: bool, str: str, str | None: (str, type(None))}
    kind = kinds.get(field.type, (list, tuple, str))
    if not isinstance(value, kind) or (isinstance(value, bool) and field.type is not bool):
        name = getattr(field.type, "__name__", str(field.type))
        advice = " (YAML reads 2e-5 as text: write 2.0e-5)" if field.type is float and isinstance(value, str) else ""
        raise InputError(f"{origin}: {field.name}: expected {name}. Received: {value!r}{advice}")


def existing(path, flag):
    """A Path that exists. Raises InputError that names the flag and what lies beside it."""
    path = Path(path)
    if not path.exists():
        beside = sorted(p.name for p in path.parent.iterdir())[:8] if path.parent.is_dir() else []
        there = f"In {path.parent}: {', '.join(beside)}." if beside else f"There is no folder {path.parent} either."
        raise InputError(f"{flag}: expected a file or folder. Received: {path}, which does not exist. {there}")
    return path


def _plain(field, value):
    if isinstance(value, list):
        return tuple(value)
    return float(value) if field.type is float else value


def _flag_names(kind):
    for field in dataclasses.fields(kind):
        if dataclasses.is_dataclass(field.type):
            yield from _flag_names(field.type)
        else:
            yield f"--{field.name}"
