"""Tricks around the loss or the gradients, one per file: `strategies/fgm.py` is `--strategies fgm`, by its `STRATEGY = FGM`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.plugins import discovery
from baselines.plugins.settings import make

FOLDER = Path(__file__).parent


def names() -> dict[str, str]:
    """{name: one-line description}."""
    return discovery.find_modules(FOLDER, "STRATEGY")


def strategy_class(name: str) -> type:
    """The dataclass of a strategy. Raises InputError for an unknown one."""
    return discovery.load(__name__, name, names(), "--strategies").STRATEGY


CLASS_KINDS = ("label", "choice")
"""Kinds of output that are one class per row."""


def check_strategies(chosen: Sequence[str], head: Any, unlabelled: Any, augmented: Any = None) -> None:
    """Raises InputError if a strategy lacks what it needs, or unlabeled text is given for nothing.

    head        the task's, or None where it depends on the user's files
    unlabelled  the files of --unlabelled, if any
    augmented   those of --augmented, if any
    """
    classes = {name: strategy_class(name) for name in chosen}
    for name in classes:
        if chosen.count(name) > 1:
            raise InputError(f"--strategies: {name} is listed twice. List each strategy once.")
    for name, strategy in classes.items():
        if "divergence" in strategy.needs and head is not None and head.divergence is None:
            raise InputError(
                f"--strategies {name}: the head of this task, {type(head).__name__}, lacks a `divergence`. "
                "Leave this strategy out, or implement the method as in baselines/heads/classification.py."
            )
        if "classes" in strategy.needs and head is not None and head.output_kind not in CLASS_KINDS:
            raise InputError(
                f"--strategies {name} needs a task with one class per row, which {type(head).__name__} does not predict. "
                "Take vat or r_drop, or leave this strategy out."
            )
        if "unlabelled" in strategy.needs and not unlabelled:
            raise InputError(
                f"--strategies {name} needs texts without labels. "
                "Add --unlabelled FILE, in the format of the training file; the training file itself will do."
            )
    searching, following = ([name for name, each in classes.items() if getattr(each, member)]
                            for member in ("searches", "follows_weights"))  # fmt: skip
    if searching and following:
        raise InputError(
            f"--strategies: {following[0]} follows the optimizer's weights, but {searching[0]} changes them afterwards. "
            "Leave one of the two out."
        )
    if searching and head is not None and head.output_kind == "embedding":
        raise InputError(
            f"--strategies {searching[0]}: vectors are scored on all texts together, not on those of an update. Leave it out."
        )
    if unlabelled and not uses(chosen, "unlabelled"):
        raise InputError(
            "--unlabelled: no strategy of this run uses it. Add --strategies pseudo_labels, uda, vat or r_drop, or leave it out."
        )
    if augmented and not uses(chosen, "copies"):
        raise InputError("--augmented: no strategy of this run uses copies of texts. Add --strategies uda, or leave it out.")


def uses(chosen: Sequence[str], what: str) -> bool:
    """Whether one of these strategies needs or takes something, such as "unlabelled" text or "copies" of it."""
    return any(what in (*strategy.needs, *strategy.takes) for strategy in map(strategy_class, chosen))


def build_strategies(chosen: Sequence[str], settings: Mapping[str, object]) -> list:
    """Strategies by name, outermost first, with the settings {"name.field": value}. Raises InputError for unknown ones."""
    return [make(strategy_class(name), name, settings) for name in chosen]
