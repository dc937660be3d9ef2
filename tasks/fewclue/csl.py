"""CSL (FewCLUE): are all keywords of an abstract genuine? Accuracy over 2 classes. Xu et al., 2021, arXiv:2107.07498.

{"id": 1, "abst": "…", "keyword": ["…", "…"], "label": "0"}        "1": all are genuine; test: no label
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.task import Cloze, Example, Labels
from tasks.fewclue.common import classification

LABELS = Labels("0", "1")
CLOZE = Cloze("{text}{label}是这篇论文的关键词：{text_pair}", {"0": "不", "1": "都"})


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        texts = ("；".join(row.texts("keyword")), row.text("abst"))
        yield Example(id=row.id("id"), texts=texts, gold=row.label(), origin=row.origin)


TASK = classification("csl", read, LABELS, "cslf_predict.json", CLOZE, num_texts=2)
