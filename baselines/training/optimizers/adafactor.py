"""AdaFactor: steps relative to each weight, hardly any memory for matrices. Shazeer and Stern, 2018, arXiv:1804.04235."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.plugins.settings import ranges
from baselines.task.recipe import Recipe
from baselines.training.optimizers.optimizer import Optimizer


@dataclasses.dataclass(frozen=True)
class Adafactor(Optimizer):
    """See rules/adafactor.py. Needs larger rates than AdamW: about 1e-3, in fine-tuning too."""

    beta_1: float = 0.0
    """Decay of the mean of steps; 0 keeps none, and saves its memory."""
    beta_2: float = 0.0
    """Decay of the mean of squares; 0: 1 - t^-0.8, which grows."""
    epsilon_1: float = 1e-30
    """Added to squares."""
    epsilon_2: float = 1e-3
    """Least size that a weight counts with: those of 0 move too."""
    scale: bool = True
    """Multiply steps by the root mean square of their weight."""
    no_scale: tuple[str, ...] = ()
    """Weights whose path contains one of these words are not scaled, in any case."""
    clipping_threshold: float = 1.0
    """Largest root mean square of a step, before scaling; 0 leaves it."""
    min_dim_size_to_factor: int = 128
    """Matrices whose second longest side is shorter keep all their squares; 1000000: all do."""
    relative_step: bool = False
    """Rate min(1/sqrt(t), 0.01), times 0.05 without `scale`; --learning_rate, --schedule and --warmup are ignored."""

    def __post_init__(self):
        ranges(
            self, beta_1=(0, 1), beta_2=(0, 1), epsilon_1=(0, None), epsilon_2=(0, None),
            clipping_threshold=(0, None), min_dim_size_to_factor=(1, None),
        )  # fmt: skip

    @property
    def slots(self) -> int:
        return 1 if self.beta_1 else 0                                  # rows and columns beside it: next to nothing

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        from baselines.training.optimizers.rules import adafactor
        from baselines.training.schedule import RelativeStep

        settings = dataclasses.asdict(self)
        if settings.pop("relative_step"):
            rate = RelativeStep(1.0 if self.scale else 0.05)
        return adafactor.Adafactor(rate, **settings, weight_decay=recipe.weight_decay, no_decay=recipe.no_decay)


OPTIMIZER = Adafactor
