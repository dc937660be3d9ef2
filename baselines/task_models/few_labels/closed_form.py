"""Vectors of the encoder as it is, and a softmax classifier in closed form: seconds, no gradient. kexue.fm/archives/8578."""

import dataclasses
from typing import Any, ClassVar

from baselines.heads.classification import ClassificationHead
from baselines.task import Task
from baselines.task_models.few_labels.mode import SolvedHead, check_linear


@dataclasses.dataclass(frozen=True)
class ClosedForm(SolvedHead):
    """No weight of the encoder changes, so a run is one epoch without updates."""

    trains: ClassVar[bool] = False

    def bind(self, task: Task, tokenizer: Any) -> Task:
        check_linear(task.head)
        if not isinstance(task.head, ClassificationHead):
            return task                                                 # one of several choices: the vector of its row
        return dataclasses.replace(task, head=ClassificationHead(task.head.classes, self.pooling))


MODE = ClosedForm
