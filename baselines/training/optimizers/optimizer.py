"""Base class of optimizer settings: they build a Keras optimizer and state its memory.

An optimizer is a frozen dataclass whose fields are flags, as a strategy is. Import Keras inside `build`: `--help` must be quick.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from baselines.task.recipe import Recipe


class Optimizer:
    """The settings of an optimizer.

    slots         float32 numbers that it keeps per weight, at most; a property where it depends on
                  settings
    accumulates   whether it accumulates micro-batches itself, so that no sum of gradients is stored
    """

    slots: ClassVar[int]
    accumulates: ClassVar[bool] = False

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        """The Keras optimizer of these settings.

        Args:
            recipe: Weight decay and the weights without it.
            rate: Learning rate, a float or a Keras schedule.
            weights: The trainable variables.
        """
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class Part:
    """A micro-batch of an update, for an optimizer that accumulates them itself.

    share   its share of the update's rows: float, or float32 array ()
    first   1 if it is the first one, else 0
    last    whether it is the last one, with which weights move
    """

    share: object = 1.0
    first: object = 1.0
    last: bool = True


WHOLE = Part()
