"""EnsembleTaskModel: several trained models of one task that predict together.

Every member encodes the text with its own tokenizer. The head joins what they predict for an example (`Head.join`): the mean of
their probabilities, or the spans that models of more than half of the weight have found.
"""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.evaluation.predictions import Predictions, take
from baselines.runtime.progress import Display
from baselines.task import Example, Split, Task
from baselines.task_models.predicting import decode_rows
from baselines.task_models.task_model import TaskModel
from baselines.training.steps import Steps


@dataclasses.dataclass(frozen=True)
class MemberRows:
    """Examples as each member encoded them."""

    members: list
    """An EncodedDataset per member."""

    @property
    def example(self) -> np.ndarray:
        """int (N,): the example of each row of joint outputs, one row per example unless the members' rows are the same."""
        return self.members[0].example


class EnsembleTaskModel:
    """What a TaskModel is to `evaluate`, `predict`, `submit` and `serve`, with several models behind it.

    Args:
        models: TaskModels with trained weights, of one task and the same labels.
        weights: A number per model, at least 0; they are divided by their sum.

    Raises:
        InputError: The task's predictions cannot be joined, or the models differ in their kind of output.
    """

    generation = None

    def __init__(self, models: Sequence[TaskModel], weights: Sequence[float]):
        self.models, self.weights = list(models), np.asarray(weights, np.float64) / np.sum(weights)
        kinds = {model.task.head.output_kind for model in models}
        if len(kinds) > 1:
            kinds = ", ".join(sorted(kinds))
            raise InputError(f"{self.name}: the runs predict different things ({kinds}). Give runs trained with the same options.")
        if any(model.task.head.join is None for model in models):
            raise InputError(
                f"{self.name}: an ensemble cannot join predictions of this kind ({kinds.pop()}). For models of one shape, "
                "`run.py average` averages the weights."
            )

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.models[0].name

    @property
    def task(self) -> Task:
        """The task as the first member's run has bound it."""
        return self.models[0].task

    @property
    def display(self) -> Display:
        """Where messages and progress go."""
        return self.models[0].display

    def steps(self) -> list[Steps]:
        """The compiled steps of each member."""
        return [model.steps() for model in self.models]

    def read_split(self, name: str, path: Path | tuple[Path, ...]) -> Split:
        """As TaskModel.read_split."""
        return self.models[0].read_split(name, path)

    def encode_split(self, split: Split) -> Split:
        """The split with the rows of each member."""
        return dataclasses.replace(split, encoded=MemberRows([model.encode_split(split).encoded for model in self.models]))

    def split_of(self, examples: list[Example], encode: Callable | None = None) -> Split:
        """As TaskModel.split_of."""
        rows = MemberRows([model.encode(examples, encode or model.task.encode) for model in self.models])
        return Split("test", None, examples, rows)

    def member_outputs(self, steps: Sequence[Steps], split: Split) -> list[tuple[np.ndarray, dict]]:
        """Per member: (int (N,), the example of each of its rows; outputs of the rows)."""
        triples = zip(self.models, steps, split.encoded.members, strict=True)
        return [(rows.example, model.row_outputs(one, dataclasses.replace(split, encoded=rows))[0]) for model, one, rows in triples]

    def predict(
        self, steps: Sequence[Steps], split: Split, decode: Callable | None = None, adjust: Callable | None = None
    ) -> Predictions:
        """As TaskModel.predict, without losses."""
        return self.joint_predictions(split.examples, self.member_outputs(steps, split), self.weights, decode, adjust)

    def joint_predictions(
        self,
        examples: list[Example],
        outputs: Sequence[tuple],
        weights: np.ndarray,
        decode: Callable | None = None,
        adjust: Callable | None = None,
    ) -> Predictions:
        """The Predictions of examples from `member_outputs`, by any weights that sum to 1."""
        joined, owners = join_outputs(len(examples), outputs, self.task.head.join, weights)
        if adjust:
            joined = adjust(joined)
        return decode_rows(self.task, examples, owners, joined, decode)

    def score(self, steps: Sequence[Steps], split: Split, adjust: Callable | None = None) -> tuple[dict[str, float], Predictions]:
        """As TaskModel.score, without a loss."""
        predictions = self.predict(steps, split, adjust=adjust)
        scores = dict(self.task.metric(split.golds, predictions.of(split.examples)))
        if self.task.reference_score:
            again = lambda examples, encode, decode: self.predict(steps, self.split_of(examples, encode), decode).by_id  # noqa: E731
            scores |= self.task.reference_score(split.examples, split.encoded.members[0], predictions.by_id, again)
        return scores, predictions


def join_outputs(count: int, members: Sequence[tuple], join: Callable, weights: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    """Joins what several models predict for each of `count` examples.

    Args:
        count: Number of examples.
        members: (example of each row, {name: array or list with an item per row}) of each model.
        join: See Head.join.
        weights: float64 (M,), of sum 1.

    Returns:
        ({name: array or list}, int (N,) the example of each of its rows).
    """
    rows = [rows_of_examples(owners, count) for owners, _ in members]
    parts, owners = [], []
    for position in range(count):
        of_example = [{name: take(values, numbers[position]) for name, values in outputs.items()}
                      for numbers, (_, outputs) in zip(rows, members, strict=True)]  # fmt: skip
        part = join(of_example, weights)
        parts.append(part)
        owners += [position] * len(next(iter(part.values())))
    return {name: _concatenated([part[name] for part in parts]) for name in parts[0]}, np.array(owners)


def rows_of_examples(owners: np.ndarray, count: int) -> list[np.ndarray]:
    """The row numbers of each of `count` examples, in their order."""
    owners = np.asarray(owners)
    order = np.argsort(owners, kind="stable")
    return np.split(order, np.searchsorted(owners[order], np.arange(1, count)))


def _concatenated(parts):
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else [row for part in parts for row in part]
