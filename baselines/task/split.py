"""Split: one data file on its way through a run: path, examples, encoded rows."""

import dataclasses
from pathlib import Path
from typing import Any

from baselines.task.example import Example


@dataclasses.dataclass(frozen=True)
class Split:
    """The examples of one data file, or of several that form one split, and their encoded rows.

    Attributes:
        name: "train", "dev" or "test"; it decides what is checked, see data/examples.py.
        path: The file, a tuple of files, or None for examples that come from no file.
        examples: The checked examples; None for text that is packed into records.
        encoded: The EncodedDataset (or PackedDataset) that `encode` yielded; None before.
    """

    name: str
    path: Path | tuple[Path, ...] | None
    examples: list[Example] | None
    encoded: Any = None

    @property
    def golds(self) -> list:
        """Gold of the examples, in their order."""
        return [example.gold for example in self.examples]

    def without_gold(self) -> "Split":
        """The same examples without gold, to be encoded again."""
        examples = [dataclasses.replace(example, gold=None) for example in self.examples]
        return dataclasses.replace(self, examples=examples, encoded=None)
