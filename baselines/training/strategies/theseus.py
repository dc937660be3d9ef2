"""BERT-of-Theseus: a student's blocks take the places of their teacher's one by one. Xu et al., 2020, arXiv:2002.02925.

`run.py distill --by theseus` chooses it; docs/distill.md. Each block of the student stands for several of the teacher's. In every
micro-batch each place is filled at random by the student's block or by the teacher's, which are frozen and without dropout; the
loss is the task's own. The probability of the student's grows linearly to 1 (the paper's curriculum), and the rest of training is
the paper's fine-tuning of the student. The paper freezes embeddings and head at first; here the student's own, copied from the
teacher, learn from the beginning.
"""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from baselines.plugins.settings import ranges
from baselines.training.strategies.taught_strategy import TaughtStrategy


@dataclasses.dataclass(frozen=True)
class Theseus(TaughtStrategy):
    """p(student's block) = min(1, rate + (1 - rate) t / until) after the share t of training."""

    teacher: str = ""
    """Run folder of the teacher, a run of the same task and of the same hidden size."""
    rate: float = 0.5
    """Probability of the student's blocks at the start."""
    until: float = 0.6
    """Share of training after which only the student's blocks are used; 0: from the beginning."""

    replaces_blocks = True
    passes = 2
    modules: ClassVar[Any] = None
    """A ReplacedModules, see `with_modules`."""
    updates: ClassVar[int] = 1
    """Of the whole training."""

    def __post_init__(self):
        ranges(self, rate=(0, 1), until=(0, 1))

    def with_modules(self, modules: Any) -> "Theseus":
        """The strategy for two models."""
        return self._with("modules", modules)

    def with_updates(self, updates: int) -> "Theseus":
        """The strategy for a training of this number of updates."""
        return self._with("updates", updates)

    def _with(self, name, value):
        result = copy.copy(self)
        object.__setattr__(result, name, value)                         # what the run says, not a setting
        return result

    def start(self, weights: dict[str, Any], full_pass: Callable | None) -> dict[str, np.ndarray]:
        return {"updates": np.zeros((), "float32")}

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        kept = step.uniform((len(self.modules),)) < self.probability(step.state["updates"])
        with self.modules.replaced(kept, step.batch["features"]):
            return compute_loss(weights)

    def probability(self, done: Any) -> Any:
        """Of the student's blocks after `done` updates: float32 ()."""
        from keras import ops

        if not self.until:
            return ops.ones(())
        return ops.minimum(1.0, self.rate + (1 - self.rate) * done / (self.until * self.updates))

    def after_update(
        self, weights: dict[str, Any], updated: dict[str, Any], gradients: dict[str, Any], step: Any
    ) -> dict[str, Any]:
        step.state["updates"] = step.state["updates"] + 1
        return updated


STRATEGY = Theseus
