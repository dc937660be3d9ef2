"""EPRSTMT (FewCLUE): is a product review positive or negative? Accuracy over 2 classes. Xu et al., 2021, arXiv:2107.07498.

{"id": 23, "sentence": "…", "label": "Positive"}        test: no label
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.task import Cloze, Example, Labels
from tasks.fewclue.common import classification

LABELS = Labels("Negative", "Positive")
CLOZE = Cloze("这是一条{label}评。{text}", {"Negative": "差", "Positive": "好"})


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        yield Example(id=row.id("id"), texts=(row.text("sentence"),), gold=row.label(), origin=row.origin)


TASK = classification("eprstmt", read, LABELS, "eprstmt_predict.json", CLOZE)
