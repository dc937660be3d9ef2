"""WSC (CLUEWSC2020): does the pronoun stand for the noun? Accuracy over 2 classes. Xu et al., 2020, arXiv:2004.05986.

{"target": {"span1_text": "…", "span1_index": 5, "span2_text": "它", "span2_index": 37}, "text": "…", "label": "true"}

The encoder sees the text with the noun (span1) as _noun_ and the pronoun (span2) as [它]. There are two test files.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.data.readers.marked_spans import marked_text
from baselines.heads.classification import ClassificationHead, decode_label, encode_texts
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Demo, Example, Labels, Submission, Task
from tasks.clue.common import DEMO, RECIPE, label_line, source

LABELS = Labels("false", "true")


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        yield Example(id=row.id("id", "idx"), texts=(marked_text(row),), gold=row.label(), origin=row.origin)


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": ("test1.0.json", "test.json")},
    read=read,
    encode=encode_texts(LABELS),
    head=ClassificationHead(len(LABELS)),
    loss=cross_entropy,
    decode=decode_label(LABELS),
    metric=accuracy,
    recipe=dataclasses.replace(RECIPE, epochs=30),
    submit=Submission(
        files={"test1.0.json": "cluewsc10_predict.json", "test.json": "cluewsc11_predict.json"}, record=label_line
    ),
    labels=LABELS,
    source=source("cluewsc2020_public.zip", "datasets/clue/wsc"),
    demo=Demo(DEMO | {"max_length": 128}),
)
