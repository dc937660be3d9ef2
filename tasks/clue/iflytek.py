"""IFLYTEK: the category of an app from its description. Accuracy over 119 classes. Xu et al., 2020, arXiv:2004.05986.

{"label": "11", "label_des": "…", "sentence": "…"}        test: "id", no label

DataCLUE's copy has other meanings behind the same numbers; with classes of another number give `--labels labels.json`.
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.heads.classification import ClassificationHead, decode_label, encode_texts
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Demo, Example, Labels, Submission, Task
from tasks.clue.common import DEMO, RECIPE, LabelFile, bind_labels, label_line, source

LABELS = Labels(*map(str, range(119)))


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        yield Example(id=row.id("id"), texts=(row.text("sentence"),), gold=row.label(), origin=row.origin)


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": "test.json"},
    read=read,
    encode=encode_texts(LABELS),
    head=ClassificationHead(len(LABELS)),
    loss=cross_entropy,
    decode=decode_label(LABELS),
    metric=accuracy,
    recipe=RECIPE,
    submit=Submission(files={"test.json": "iflytek_predict.json"}, record=label_line),
    labels=LABELS,
    source=source("iflytek_public.zip", "datasets/clue/iflytek"),
    options=LabelFile,
    bind=bind_labels,
    demo=Demo(DEMO | {"epochs": 12}),
)
