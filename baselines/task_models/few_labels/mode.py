"""What a way to learn from few labels may change of a run. A mode is a frozen dataclass whose fields are flags `--few.FIELD`."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from baselines.errors import InputError
from baselines.heads.classification import POOLINGS, ClassificationHead
from baselines.task import Task


class FewLabels:
    """A mode. Subclasses override what differs.

    Attributes:
        trains: Whether gradients train weights; else a run is one pass over the training rows.
        solves_head: Whether the last layer is computed in closed form before each dev score, with the field `shrinkage`.
        own_loss: Whether the loss of the task, and --loss, are not used.
    """

    trains: ClassVar[bool] = True
    solves_head: ClassVar[bool] = False
    own_loss: ClassVar[bool] = False

    def bind(self, task: Task, tokenizer: Any) -> Task:
        """The task with what the mode replaces. Raises InputError for a task that it does not fit."""
        return task

    def training_loss(self, loss: Callable) -> Callable:
        """What updates minimize, in place of `loss`."""
        return loss


@dataclasses.dataclass(frozen=True)
class SolvedHead(FewLabels):
    """A mode whose classifier is computed in closed form, from vectors of the training rows."""

    solves_head: ClassVar[bool] = True
    own_loss: ClassVar[bool] = True

    pooling: str = "mean"
    """Vector of a text: mean or max of its tokens', or first, that of [CLS]."""
    shrinkage: str = "auto"
    """Share of the covariance that a multiple of the identity replaces, 0 to 1; auto estimates it."""

    def __post_init__(self):
        if self.pooling not in POOLINGS:
            raise InputError(f"--few.pooling {self.pooling!r} is unknown. Choose one of {', '.join(POOLINGS)}.")
        shrinkage_of(self.shrinkage)


def shrinkage_of(text: str) -> float | str:
    """"auto", or a number from 0 to 1. Raises InputError for anything else."""
    if text == "auto":
        return text
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise InputError(f"--few.shrinkage {text!r} is no number from 0 to 1. Give one, or auto.")
    return value


def require_classes(task: Task, mode: str) -> None:
    """Raises InputError unless examples of a task have one class each."""
    if task.classes is None or not isinstance(task.head, ClassificationHead) or task.head.output_kind != "label":
        raise InputError(f"--few {mode} needs one class per example, which this task does not have. Leave --few out.")


def check_linear(head: Any) -> None:
    """Raises InputError for a head without a dense layer whose outputs are logits of classes."""
    if head.linear_layer is None:
        raise InputError(
            f"closed form: the head of this task, {type(head).__name__}, has no layer of one logit per class. Leave the option out."
        )
