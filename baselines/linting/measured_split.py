"""One data file as the checks see it: its examples, and how long they are in tokens."""

import dataclasses

import numpy as np

from baselines.linting.findings import Share
from baselines.task import Example


@dataclasses.dataclass(frozen=True, eq=False)
class MeasuredSplit:
    """A file of a task, read and encoded.

    Attributes:
        name: "train", "dev", "test", or the name of a test file.
        examples: its N examples.
        left_out: rows that the task leaves out because they have no usable label.
        lengths: int (N,), tokens of each example with nothing trimmed; of its longest row where it has several.
        truncated: bool (N,), whether max_length leaves only a part of the example; never for tasks that cut windows.
        rows: rows that max_length makes of the examples: more than examples where long texts are cut into windows.
        unknown: share of [UNK] among the tokens of the texts.
    """

    name: str
    examples: list[Example]
    left_out: int
    lengths: np.ndarray
    truncated: np.ndarray
    rows: int
    unknown: Share

    def __len__(self):
        return len(self.examples)

    @property
    def has_gold(self) -> bool:
        return any(example.gold is not None for example in self.examples)
