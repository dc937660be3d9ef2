"""TNEWS: the topic of a news title. Accuracy over 15 classes. Xu et al., 2020, arXiv:2004.05986.

{"label": "102", "label_desc": "news_entertainment", "sentence": "…", "keywords": "…,…"}        test: "id", no label

There are two test files (1.0 and 1.1) and a submission for each. FewCLUE's rows are the same; DataCLUE's
have classes of their own: `--labels labels.json`.
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.heads.classification import ClassificationHead, decode_label, encode_texts
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Demo, Example, Labels, Submission, Task
from tasks.clue.common import DEMO, RECIPE, LabelFile, bind_labels, label_line, source

LABELS = Labels("100", "101", "102", "103", "104", "106", "107", "108", "109", "110", "112", "113", "114", "115", "116")


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        yield Example(id=row.id("id"), texts=(row.text("sentence"),), gold=row.label(), origin=row.origin)


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": ("test1.0.json", "test.json")},
    read=read,
    encode=encode_texts(LABELS),
    head=ClassificationHead(len(LABELS)),
    loss=cross_entropy,
    decode=decode_label(LABELS),
    metric=accuracy,
    recipe=RECIPE,
    submit=Submission(
        files={"test1.0.json": "tnews10_predict.json", "test.json": "tnews11_predict.json"}, record=label_line
    ),
    labels=LABELS,
    source=source("tnews_public.zip", "datasets/clue/tnews"),
    options=LabelFile,
    bind=bind_labels,
    demo=Demo(DEMO),
)
