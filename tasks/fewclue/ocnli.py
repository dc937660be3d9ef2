"""OCNLI (FewCLUE): does sentence2 follow from sentence1? Accuracy over 3 classes. Xu et al., 2021, arXiv:2107.07498.

{"sentence1": "…", "sentence2": "…", "label": "neutral", "id": 0}        label "-": the annotators did not agree; test: no label
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.task import Cloze, Example, Labels
from tasks.fewclue.common import classification

LABELS = Labels("entailment", "neutral", "contradiction")
CLOZE = Cloze("{text}？{label}，{text_pair}", {"entailment": "是的", "neutral": "也许", "contradiction": "不是"})


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        texts, agreed = (row.text("sentence1"), row.text("sentence2")), row.label() != "-"
        yield Example(row.id("id"), texts, row.label() if agreed else None, scored=agreed, origin=row.origin)


TASK = classification("ocnli", read, LABELS, "ocnlif_predict.json", CLOZE, num_texts=2)
