"""AFQMC: do two questions to a bank ask the same? Accuracy over 2 classes. Xu et al., 2020, arXiv:2004.05986.

{"sentence1": "…", "sentence2": "…", "label": "0"}        test: "id", no label; "1": they ask the same

FewCLUE's BUSTM has these fields too. A .txt or .tsv holds sentence1, sentence2 and label, without a header.
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.heads.classification import ClassificationHead, decode_label, encode_texts
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Demo, Example, Labels, Submission, Task
from tasks.clue.common import DEMO, PAIR_COLUMNS, RECIPE, label_line, pair_example, source

LABELS = Labels("0", "1")


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path, columns=PAIR_COLUMNS):
        yield pair_example(row)


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": "test.json"},
    read=read,
    encode=encode_texts(LABELS),
    head=ClassificationHead(len(LABELS)),
    loss=cross_entropy,
    decode=decode_label(LABELS),
    metric=accuracy,
    recipe=RECIPE,
    submit=Submission(files={"test.json": "afqmc_predict.json"}, record=label_line),
    labels=LABELS,
    num_texts=2,
    source=source("afqmc_public.zip", "datasets/clue/afqmc"),
    demo=Demo(DEMO),
)
