"""C3: the right one of two to four answers to a question on a text or a dialogue. Accuracy. Sun et al., 2020, arXiv:1904.09679.

[[["男：你好。", "女：…"], [{"question": "…", "choice": ["…", "…"], "answer": "…"}], "5-1"], …]        test: "id" for "answer"

A split is two files: m (mixed genres) and d (dialogues). The reference fills up to four choices with 无效答案, which its model may
choose; here what fills up cannot win.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import c3_json
from baselines.heads.choice import ChoiceHead, decode_choice, encode_question
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Demo, Example, Submission, Task
from tasks.clue.common import RECIPE, source

CHOICES = 4


def read(path: str | Path) -> Iterator[Example]:
    for row in c3_json.read(path, max_choices=CHOICES):
        texts = ("||".join(row["passages"]), row["question"], *row["choice"])
        yield Example(id=row["id"], texts=texts, gold=row["gold"], origin=row.origin)


TASK = Task(
    files={
        "train": ("m-train.json", "d-train.json"),
        "dev": ("m-dev.json", "d-dev.json"),
        "test": ("test1.0.json", "test1.1.json"),
    },
    read=read,
    encode=encode_question(CHOICES),
    head=ChoiceHead(),
    loss=cross_entropy,
    decode=decode_choice,
    metric=accuracy,
    recipe=dataclasses.replace(RECIPE, max_length=512, batch_size=4, accumulate=4, eval_batch_size=4),
    submit=Submission(
        files={"test1.0.json": "c310_predict.json", "test1.1.json": "c311_predict.json"},
        record=lambda example, choice: {"id": str(example.id), "label": str(choice)},
    ),
    num_texts=None,
    source=source("c3_public.zip", "datasets/clue/c3"),
    demo=Demo({"max_length": 64, "batch_size": 8, "accumulate": 1, "epochs": 6, "learning_rate": 5e-4}),
)
