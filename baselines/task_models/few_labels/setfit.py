"""Vectors that pairs of rows have trained, then a classifier in closed form. Tunstall et al., 2022, arXiv:2209.11055."""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.heads.contrastive_classification import ContrastiveClassificationHead
from baselines.losses.cosine_pairs import CosinePairs
from baselines.task import Task
from baselines.task_models.few_labels.mode import SolvedHead, require_classes


@dataclasses.dataclass(frozen=True)
class SetFit(SolvedHead):
    """Pairs of a batch are pulled together or apart by their classes; the classifier is solved again after each epoch."""

    def bind(self, task: Task, tokenizer: Any) -> Task:
        require_classes(task, "setfit")
        return dataclasses.replace(task, head=ContrastiveClassificationHead(task.head.classes, self.pooling))

    def training_loss(self, loss: Callable) -> Callable:
        return CosinePairs()


MODE = SetFit
