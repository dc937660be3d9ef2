"""CSL: are all four keywords of a paper genuine, given its abstract? Accuracy over 2 classes. CLUE, arXiv:2004.05986.

{"id": 1, "abst": "…", "keyword": ["…", "…", "…", "…"], "label": "0"}        test: no label; "1": all are genuine

The keywords go first, joined with "；"; trimming takes from the longer of the two texts, the abstract.
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.heads.classification import ClassificationHead, decode_label, encode_texts
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Demo, Example, Labels, Submission, Task
from tasks.clue.common import DEMO, RECIPE, label_line, source

LABELS = Labels("0", "1")


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        texts = ("；".join(row.texts("keyword")), row.text("abst"))
        yield Example(id=row.id("id"), texts=texts, gold=row.label(), origin=row.origin)


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": "test.json"},
    read=read,
    encode=encode_texts(LABELS),
    head=ClassificationHead(len(LABELS)),
    loss=cross_entropy,
    decode=decode_label(LABELS),
    metric=accuracy,
    recipe=RECIPE,
    submit=Submission(files={"test.json": "csl_predict.json"}, record=label_line),
    labels=LABELS,
    num_texts=2,
    source=source("csl_public.zip", "datasets/clue/csl"),
    demo=Demo(DEMO | {"max_length": 96}),                                     # its rows are longer
)
