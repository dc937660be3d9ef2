"""The contract between a task file and the library: Task and the classes of its fields.

Data flow: file line -> Example -> features (dict of int arrays) -> batch -> outputs (dict of float arrays) -> prediction
(plain Python) -> score, submission line. The fields of `Task` are those stages, in order.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from baselines.errors import InputError
from baselines.task.abilities import Cloze, Demo, Generation, Linting, Sampling
from baselines.task.example import Categories, Example, Labels, Span
from baselines.task.head import Head, missing_members
from baselines.task.recipe import Recipe
from baselines.task.split import Split

__all__ = [
    "Categories", "Cloze", "Demo", "Example", "Generation", "Head", "Labels", "Linting", "Pretraining", "Recipe", "Sampling",
    "Span", "Split", "Submission", "Task",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Submission:
    """The submission files of a leaderboard."""

    files: Mapping[str, str]
    """{test file name: name of the submission file}; two test versions are two entries."""
    record: Callable[[Example, Any], Any]
    """(example, prediction) -> a dict: one line ("lines"), or the example's part of the one object ("object")."""
    layout: str = "lines"
    """"lines": one JSON object per line in the test file's order; "object": a single JSON object, indent 4."""
    keys: Callable[[Example], list[str]] = lambda example: [str(example.id)]
    """Example -> the ids that its record answers, where they differ from the example's own."""


@dataclasses.dataclass(frozen=True)
class Task:
    """A task: its files, then its stages in order. A file under tasks/ ends in `TASK = Task(...)`."""

    files: Mapping[str, str | tuple[str, ...]]
    """{split: file name}, or a tuple of names for several test versions, under datasets/<task name>/."""
    read: Callable[..., Iterable[Example]]
    """path -> examples."""
    encode: Callable[..., Iterable[tuple[dict, Any]]] | None
    """(example, tokenizer, max_length) -> yields (features, target) once per window; the target is None without gold."""
    head: Head | None
    """The output layers, see `Head`. None (as for `encode` and `decode`) where only `bind` knows the classes."""
    loss: Callable[[Any, dict], Any]
    """(targets, outputs) -> float32 (B,), a number per row; or a pair (totals, counts) of (B,) for token means; or, where rows are
    compared with each other, a BatchLoss, see losses/batch_loss.py."""
    decode: Callable[[Example, dict], Any] | None
    """(example, outputs) -> prediction; outputs hold one row per window of this example."""
    metric: Callable[[list, list], dict[str, float]] | None
    """(golds, predictions) -> {name: value}; the first name selects the best epoch, higher is better."""
    recipe: Recipe = Recipe()
    """Default hyperparameters."""
    submit: Submission | None = None
    """The leaderboard's files, or None."""
    labels: Labels | None = None
    """Class names, when there are classes; Categories where gold holds any number of them."""
    source: str = ""
    """Where the official files come from, for the message when one is missing."""
    num_texts: int | None = 1
    """Texts of an example, for `predict` with texts on the command line; None: any number, `encode` refuses too few."""
    encode_train: Callable[..., Iterable[tuple[dict, Any]]] | None = None
    """As `encode`, for the training split where gold decides how rows are cut; None: the same."""
    reference_score: Callable[..., dict[str, float]] | None = None
    """Further scores of a split, such as a published figure that is computed differently: (examples, encoded, predictions by id,
    predict) -> {name: value}; predict(examples, encode, decode) -> {id: prediction}."""
    sampling: Sampling | None = None
    """Training rows that are drawn again in every epoch; None: rows are trained on as they are encoded."""
    generation: Generation | None = None
    """How the task generates text; None: it does not."""
    cloze: Cloze | None = None
    """Words for the classes and a pattern to put them in; None: their names, in front of the text."""
    folds: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    """{fold: {split: file name}} of tasks with official folds; `files` has those of the first."""
    facts: Callable[[Any], set[tuple]] | None = None
    """A gold or predicted answer -> its facts, (label, …), for the table of labels; None: an answer is label names, or has none."""
    linting: Linting = Linting()
    """Hints for `lint`."""
    demo: Demo = Demo()
    """What `--demo` changes."""
    options: type | None = None
    """A dataclass of flags of this task's own, or None."""
    inference_options: type | None = None
    """Those of `options` that verbs which use a run take too: a dataclass where None means "as in training"; or None."""
    bind: Callable[..., "Task"] | None = None
    """(task, options, labels or None, train file or None) -> the task completed by the user's files: columns and
    label names. Called before anything else on tasks that have it."""

    def __post_init__(self):
        if self.head is not None and not isinstance(self.head, Head):
            raise InputError(
                f"The head {type(self.head).__name__} lacks {', '.join(missing_members(self.head))}. "
                "Make it a subclass of baselines.task.Head, which has defaults for all but __call__ and batch_targets."
            )

    @property
    def classes(self) -> Labels | None:
        """The Labels of which gold is one, or None."""
        return None if isinstance(self.labels, Categories) else self.labels


@dataclasses.dataclass(frozen=True)
class Pretraining:
    """An objective of `pretrain`. A file under tasks/pretraining/ ends in `OBJECTIVE = Pretraining(...)`."""

    head: Head
    """As a Task's; its model has the outputs "logits" and "predicted", the most likely token at each place."""
    loss: Callable[[Any, dict], Any]
    """As a Task's."""
    make: Callable[..., tuple[dict, Any]]
    """(token_ids int32 (B, L), starts bool (B, L): a word begins here, vocabulary, rng) -> (features, targets int32 of the shape of
    "predicted", -1 where nothing is learned; or a dict that holds them as "tokens")."""
    needs_mask: bool = False
    """Whether the vocabulary must have [MASK], or what stands for it."""
    recipe: Recipe = Recipe(
        max_length=512, batch_size=32, epochs=125, learning_rate=1e-4, warmup=0.025, optimizer="adamw", weight_decay=0.01,
    )  # fmt: skip
    """Default hyperparameters; an epoch is `--epoch_updates` updates."""
    labels: Labels | None = None
    """None: the text itself is predicted."""
    options: type | None = None
    """A dataclass of flags of this objective's own, or None."""
    demo: Demo = Demo()
    """What `--demo` changes."""
