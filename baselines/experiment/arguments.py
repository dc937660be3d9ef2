"""The arguments that determine a run: files, recipe, options of the task, and settings of the chosen parts."""

import dataclasses
import sys
from collections.abc import Mapping

from baselines.errors import InputError, excerpt, nearest
from baselines.plugins.settings import fit_setting, shorten
from baselines.storage.checkpoint_paths import pinned
from baselines.task import Recipe, Task

MAX_INTEGER = 2**53
"""Floats represent all integers up to it exactly."""

CHOSEN = ("precision", "pad_to_multiple_of")
"""Fields of a recipe whose "auto" recipe.yaml replaces by what was chosen, because the result of a run depends on it."""


@dataclasses.dataclass(frozen=True)
class TrainFlags:
    """What a run reads and where it writes."""

    train: tuple[str, ...] | None = None
    """Training file, or several to read one after the other; default: the official ones under datasets/TASK."""
    dev: tuple[str, ...] | None = None
    """File, or several, to select the best epoch on; default: the official ones under datasets/TASK."""
    unlabelled: tuple[str, ...] | None = None
    """File, or several, in the format of the training file, for --strategies pseudo_labels, uda, vat, r_drop or distill. Labels in
    it are ignored."""
    augmented: tuple[str, ...] | None = None
    """For --strategies uda: what `run.py augment` wrote for the --unlabelled file; default: copies with some tokens replaced."""
    test: str | None = None
    """File to predict at the end; default: none."""
    init: str | None = None
    """Checkpoint to start from: hf:ORG/NAME[@REVISION], modelscope:ORG/NAME, or a folder (Google, Hugging Face, a run's best/)."""
    from_scratch: bool = False
    """Start from random weights; --init then gives only the configuration and the vocabulary."""
    ignore_mismatched: bool = False
    """Load what fits from --init, leave the rest random, and list it."""
    pre_tokenizer: str | None = None
    """jieba: split texts into words first; none: into characters. Default: as the checkpoint's tokenizer_config.json says."""
    sample_tokenization: float = -1.0
    """Cut training texts at random, in every epoch in another way: a cut has a probability proportional to its own, to this power;
    0: all alike, 0.1 to 0.5 are usual. Unigram tokenizers, and words of jieba. Negative: the likeliest cut, as in prediction."""
    output: str | None = None
    """Run folder; default: runs/TASK/TIME."""
    folds: int = 0
    """Cross-validation on the training file: this many runs, each with another part as dev, and their ensemble. No --dev then."""
    held_out: int = 0
    """With --folds: train the run of this fold alone, from 1; default: all, one after the other."""
    group: str | None = None
    """With --folds: column of the training file whose rows of one value stay in one fold, such as an author."""
    keep_epochs: int = 0
    """Checkpoints of the last epochs to keep in the run's epochs/, for run.py average. The best epoch is always in best/."""
    demo: bool = False
    """Use the embedded data (datasets/mini) and the embedded small model (checkpoints/mini; mini_unilm for tasks that generate)."""
    cache: str = ".cache/encoded"
    """Folder that caches encoded data for later runs; "" turns the cache off."""
    quiet: bool = False
    """Print results only."""


@dataclasses.dataclass(frozen=True)
class TrainArguments:
    """The arguments that determine a run.

    Args:
        flags: Files and switches.
        recipe: Hyperparameters.
        options: The task's own options, or None.
        settings: Settings of the chosen parts, such as {"fgm.epsilon": 0.5}.
    """

    flags: TrainFlags
    recipe: Recipe
    options: object = None
    settings: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def with_chosen(self, recipe: Recipe) -> "TrainArguments":
        """The arguments with what `recipe` holds in place of "auto". A resumed run keeps it, on every machine."""
        chosen = {name: getattr(recipe, name) for name in CHOSEN}
        return dataclasses.replace(self, recipe=dataclasses.replace(self.recipe, **chosen))

    def pinned(self) -> "TrainArguments":
        """The arguments with the commit behind each name on a hub, so that whoever repeats the run gets the same files."""
        names = {}
        for name in ("init", "architecture", "vocab"):
            if location := getattr(self.flags, name, None):
                names[name] = pinned(location, weights=name == "init" and not getattr(self.flags, "from_scratch", False))
        return dataclasses.replace(self, flags=dataclasses.replace(self.flags, **names))

    def to_dict(self) -> dict[str, object]:
        """The flat mapping that recipe.yaml holds."""
        parts = [part for part in (self.flags, self.recipe, self.options) if part is not None]
        values = {key: value for part in parts for key, value in dataclasses.asdict(part).items()}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()} | dict(self.settings)


def train_arguments(task: Task, values: Mapping, origin: object = "--config", flags: type = TrainFlags) -> TrainArguments:
    """Builds TrainArguments from a flat mapping, such as recipe.yaml's.

    Args:
        task: Task whose recipe and options give the defaults.
        values: Value by flag or setting.
        origin: Where the values come from, for messages.
        flags: Dataclass of the flags about files.

    Raises:
        InputError: A key is unknown, or a value has the wrong type.
    """
    types = [flags, Recipe, *([task.options] if task.options else [])]
    known = {field.name: field for kind in types for field in dataclasses.fields(kind)}
    values = {str(key): value for key, value in values.items()}
    settings = {key: value for key, value in values.items() if "." in key}
    values = {key: value for key, value in values.items() if key not in settings}
    for key in values:
        if key not in known:
            raise InputError(f"{origin}: this task has no flag {excerpt(key)!r}. {nearest(key, known)}")
    if isinstance(values.get("jit"), bool):                             # from runs before 2026-12, or YAML's true
        values["jit"] = str(values["jit"]).lower()
    for key in ("pad_to_multiple_of", "freeze"):                        # YAML's 8
        if isinstance(values.get(key), int):
            values[key] = str(values[key])
    values = {key: fit_setting(known[key], value, origin) for key, value in values.items()}
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


def check_recipe(arguments: TrainArguments) -> TrainArguments:
    """Returns the arguments. Raises InputError for a number out of range or an unknown choice."""
    recipe, flags = arguments.recipe, arguments.flags
    if isinstance(flags, TrainFlags):
        check_folds(flags)
    limits = {
        "max_length": (3, None), "batch_size": (1, None), "epochs": (1, None), "learning_rate": (0, None), "warmup": (0, 1),
        "weight_decay": (0, None), "clip_norm": (0, None), "accumulate": (1, None), "patience": (0, None),
        "model_parallel": (1, None), "layer_decay": (0, 1), "unlabelled_ratio": (1, None),
        "eval_batch_size": (1, None), "save_minutes": (0, None), "log_steps": (1, None), "seed": (0, 2**32 - 1),
        "lora": (0, None),
    }  # fmt: skip
    for name, (low, high) in limits.items():
        value = getattr(recipe, name)
        upper = (MAX_INTEGER if isinstance(value, int) else sys.float_info.max) if high is None else high
        if not low <= value <= upper:
            bound = f"at least {low}" if high is None else f"from {low} to {high}"
            raise InputError(f"--{name}: expected a number, {bound}. Received: {shorten(value)}")
    multiple = recipe.pad_to_multiple_of
    if multiple != "auto" and not (multiple.isdecimal() and len(multiple) < 6):
        raise InputError(f"--pad_to_multiple_of: expected auto or a number of tokens. Received: {shorten(multiple)}")
    choices = {
        "schedule": ("linear", "cosine", "constant"),
        "precision": ("float32", "bf16", "fp16", "auto"),
        "jit": ("auto", "true", "false"),
        "clip": ("hard", "soft"),
        "devices": ("one", "all"),
        "head_start": ("random", "closed_form"),
    }
    for name, known in choices.items():
        value = getattr(recipe, name)
        free = name == "schedule" and ":" in value or name == "devices" and value.isdecimal() and len(value) < 6 and int(value) > 0
        if value not in known and not free:
            raise InputError(f"--{name}: expected one of {', '.join(known)}. Received: {shorten(value)}. {nearest(value, known)}")
    return arguments


def check_folds(flags: TrainFlags) -> None:
    """Raises InputError for flags about folds that contradict each other."""
    if flags.keep_epochs < 0:
        raise InputError(f"--keep_epochs: expected a number, at least 0. Received: {flags.keep_epochs}")
    if flags.folds < 0 or flags.folds == 1:
        raise InputError(f"--folds: expected a number, at least 2. Received: {flags.folds}")
    if not 0 <= flags.held_out <= flags.folds:
        raise InputError(f"--held_out: expected a fold from 1 to --folds {flags.folds}. Received: {flags.held_out}")
    if flags.group and not flags.folds:
        raise InputError(f"--group {flags.group} is for --folds. Add --folds 5, or leave it out.")
    if flags.folds and flags.dev:
        raise InputError("--folds takes the dev rows from the training file. Leave --dev out.")
