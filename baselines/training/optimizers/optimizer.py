"""What an optimizer's file offers: settings that become a Keras optimizer, and how much memory that will take.

An optimizer is a frozen dataclass whose fields are flags, as a strategy is. Import Keras inside `build`: `--help` must be quick.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from baselines.task.recipe import Recipe


class Optimizer:
    """The settings of an optimizer.

    slots         float32 numbers that it keeps per weight, at most; every optimizer says how many, as a property where its
                  settings tell
    accumulates   whether it takes up micro-batches one by one, so that their gradients are never added up elsewhere
    """

    slots: ClassVar[int]
    accumulates: ClassVar[bool] = False

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        """rate: float or schedule; weights: the trainable variables. Returns a Keras optimizer."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class Part:
    """A micro-batch of an update, for an optimizer that takes them up one by one.

    share   its share of the update's rows: float, or float32 array ()
    first   1 if it is the first one, else 0
    last    whether it is the last one, with which weights move
    """

    share: object = 1.0
    first: object = 1.0
    last: bool = True


WHOLE = Part()
