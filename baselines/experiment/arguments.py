"""Everything that determines a run: what it reads and writes, its recipe, the options of its task, the settings of its parts."""

import dataclasses
import sys
from collections.abc import Mapping

from baselines.errors import InputError, excerpt, nearest
from baselines.plugins.settings import fitted, shortened
from baselines.task import Recipe

MAX_INTEGER = 2**53
"""Floats hold every whole number up to it."""


@dataclasses.dataclass(frozen=True)
class TrainFlags:
    """What a run reads and where it writes."""

    train: tuple[str, ...] | None = None
    """Training file, or several to read one after the other; default: the official ones under datasets/TASK."""
    dev: tuple[str, ...] | None = None
    """File, or several, to choose the best epoch by; default as above."""
    unlabelled: tuple[str, ...] | None = None
    """File, or several, in the format of the training file, whose gold is not read: for --strategies vat or r_drop."""
    test: str | None = None
    """File to predict at the end; default: none."""
    init: str | None = None
    """Checkpoint folder to start from: Google-BERT, Hugging Face, or a run's best/."""
    from_scratch: bool = False
    """Start from random weights; --init then gives only the configuration and the vocabulary."""
    ignore_mismatched: bool = False
    """Load what fits from --init, leave the rest random, and list it."""
    pre_tokenizer: str | None = None
    """jieba cuts texts into words first, none into characters; default: as the checkpoint's tokenizer_config.json says."""
    output: str | None = None
    """Run folder; default: runs/TASK/TIME."""
    demo: bool = False
    """Use the embedded data (datasets/mini) and the embedded small model (checkpoints/mini; mini_unilm for tasks that write)."""
    cache: str = ".cache/encoded"
    """Folder that keeps encoded data for the next run; "" keeps nothing."""
    quiet: bool = False
    """Print results only."""


@dataclasses.dataclass(frozen=True)
class TrainArguments:
    """All that determines a run: flags, recipe, the task's own options and the settings of chosen parts ("fgm.epsilon": 0.5).

    `to_dict` is what recipe.yaml holds.
    """

    flags: TrainFlags
    recipe: Recipe
    options: object = None
    settings: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def to_dict(self):
        parts = [part for part in (self.flags, self.recipe, self.options) if part is not None]
        values = {key: value for part in parts for key, value in dataclasses.asdict(part).items()}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()} | dict(self.settings)


def train_arguments(task, values, origin="--config", flags=TrainFlags):
    """TrainArguments of a task from a flat mapping such as recipe.yaml's. Raises InputError for unknown keys and unfit values.

    flags   the dataclass of what is read and written
    """
    types = [flags, Recipe, *([task.options] if task.options else [])]
    known = {field.name: field for kind in types for field in dataclasses.fields(kind)}
    values = {str(key): value for key, value in values.items()}
    settings = {key: value for key, value in values.items() if "." in key}
    values = {key: value for key, value in values.items() if key not in settings}
    for key in values:
        if key not in known:
            raise InputError(f"{origin}: {excerpt(key)!r} is no flag of this task. {nearest(key, known)}")
    if isinstance(values.get("jit"), bool):                             # as runs before 2026-12 have it, and as YAML reads true
        values["jit"] = str(values["jit"]).lower()
    values = {key: fitted(known[key], value, origin) for key, value in values.items()}
    pick = lambda kind: {f.name: values[f.name] for f in dataclasses.fields(kind) if f.name in values}  # noqa: E731
    recipe = task.recipe
    if values.get("demo"):
        recipe = dataclasses.replace(recipe, **task.demo.recipe)
    return TrainArguments(
        flags(**pick(flags)),
        dataclasses.replace(recipe, **pick(Recipe)),
        task.options(**pick(task.options)) if task.options else None,
        settings,
    )


def check_recipe(arguments):
    """Returns the arguments. Raises InputError for a number out of its range."""
    recipe = arguments.recipe
    limits = {
        "max_length": (3, None), "batch_size": (1, None), "epochs": (1, None), "learning_rate": (0, None), "warmup": (0, 1),
        "weight_decay": (0, None), "clip_norm": (0, None), "accumulate": (1, None), "patience": (0, None),
        "model_parallel": (1, None), "layer_decay": (0, 1),
        "eval_batch_size": (1, None), "save_minutes": (0, None), "log_steps": (1, None), "seed": (0, 2**32 - 1),
    }  # fmt: skip
    for name, (low, high) in limits.items():
        value = getattr(recipe, name)
        most = (MAX_INTEGER if isinstance(value, int) else sys.float_info.max) if high is None else high
        if not low <= value <= most:
            bound = f"at least {low}" if high is None else f"from {low} to {high}"
            raise InputError(f"--{name}: expected a number, {bound}. Received: {shortened(value)}")
    choices = {
        "schedule": ("linear", "cosine", "constant"),
        "precision": ("float32", "bf16", "fp16", "auto"),
        "jit": ("auto", "true", "false"),
        "clip": ("hard", "soft"),
        "devices": ("one", "all"),
    }
    for name, known in choices.items():
        value = getattr(recipe, name)
        free = name == "schedule" and ":" in value or name == "devices" and value.isdecimal() and len(value) < 6 and int(value) > 0
        if value not in known and not free:
            raise InputError(f"--{name}: expected one of {', '.join(known)}. Received: {shortened(value)}. {nearest(value, known)}")
    return arguments
