"""BUSTM (FewCLUE): do two requests to a voice assistant mean the same? Accuracy over 2 classes. Xu et al., 2021, arXiv:2107.07498.

{"id": 5, "sentence1": "…", "sentence2": "…", "label": "1"}        "1": they mean the same; test: no label
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.task import Cloze, Example, Labels
from tasks.fewclue.common import classification

LABELS = Labels("0", "1")
CLOZE = Cloze("下面两句话的意思{label}同：{text}；{text_pair}", {"0": "不", "1": "相"})


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        texts = (row.text("sentence1"), row.text("sentence2"))
        yield Example(id=row.id("id"), texts=texts, gold=row.label(), origin=row.origin)


TASK = classification("bustm", read, LABELS, "bustm_predict.json", CLOZE, num_texts=2)
