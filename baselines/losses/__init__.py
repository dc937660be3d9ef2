"""Training losses, one per file: `losses/focal.py` is `--loss focal`, by its `LOSS = Focal`.

A task's own loss is (targets, outputs) -> a number per row. One that is the cross-entropy of a softmax over outputs["logits"],
plain or as a TokenMean, may be trained by another formula: a frozen dataclass whose fields are flags, called with (targets
int32 (...), logits float (..., C)), and with a table of embeddings where `needs_table`; it returns float32 (...).
"""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.losses.cross_entropy import cross_entropy
from baselines.losses.token_mean import TokenMean
from baselines.plugins import discovery
from baselines.plugins.settings import make

FOLDER = Path(__file__).parent
OWN = "task"


def names() -> dict[str, str]:
    """{name: one-line description}."""
    return discovery.find_modules(FOLDER, "LOSS")


def loss_class(name: str) -> type:
    """The dataclass of a loss. Raises InputError for an unknown one."""
    return discovery.load(__name__, name, names(), "--loss").LOSS


def check_losses(name: str, settings: Mapping[str, object], loss: Callable, task_name: str, has_table: bool = False) -> None:
    """Raises InputError unless the task can be trained by the loss of that name.

    loss       the task's own
    has_table  whether its logits score the tokens of a vocabulary
    """
    if name == OWN:
        return
    chosen, choices = make(loss_class(name), name, settings), compatible_losses(loss, has_table)
    if not choices:
        raise InputError(
            f"--loss {name} replaces the cross-entropy of a class, choice or token, but with these settings {task_name} is "
            "trained by another loss. Leave --loss out."
        )
    if name not in choices:
        what = "an embedding table of the tokens that the logits score" if chosen.needs_table else "another loss"
        raise InputError(f"--loss {name} needs {what}, which {task_name} lacks. Choose one of {', '.join(choices)}.")


def compatible_losses(loss: Callable, has_table: bool = False) -> list[str]:
    """Names of the losses that may take the place of a task's own."""
    if formula_of(loss) is not cross_entropy:
        return []
    return [name for name in names() if has_table or not loss_class(name).needs_table]


def formula_of(loss: Callable) -> Callable:
    return loss.formula if isinstance(loss, TokenMean) else loss


def build_training_loss(name: str, settings: Mapping[str, object], loss: Callable, table: Any = None) -> Callable:
    """What training minimizes, for a checked name: (targets, outputs) -> as the task's `loss`.

    table   float (V, D), embeddings of the tokens that the logits score, as training begins; it stays as it is
    """
    if name == OWN:
        return loss
    part = make(loss_class(name), name, settings)
    further = (table,) if part.needs_table else ()

    def formula(targets, outputs):
        return part(targets, outputs["logits"], *further)

    return dataclasses.replace(loss, formula=formula) if isinstance(loss, TokenMean) else formula
