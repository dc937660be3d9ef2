"""How a program without this library makes the rows of a task: special tokens, segments, length."""

from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.task import Example, Task

TEXTS = {
    "label": ("今天天气不错", "适合出门"),
    "answer": ("谁来了？", "小明来了。"),
    "choice": ("小明来了。", "谁来了？", "小明", "小红"),
    "embedding": ("今天天气不错",),
}
"""Texts of an example by the kind of prediction; of other kinds it has one."""


def describe_rows(task: Task, tokenizer: Any, max_length: int) -> dict:
    """What export.json says of rows.

    Returns:
        {"start", "between", "end": ids of the special tokens around texts, "segments": of each text, "max_length", "pad", "plain":
        whether the task's own rows are exactly that, so that example.py can make them}.
    """
    about = {
        "start": list(tokenizer.start_ids), "between": list(tokenizer.between_ids), "end": list(tokenizer.end_ids),
        "segments": [0, 0, 0], "max_length": max_length, "pad": tokenizer.vocabulary.pad_id, "plain": False,
    }  # fmt: skip
    texts = TEXTS.get(task.head.output_kind, TEXTS["label"])
    if task.num_texts in (1, 2):
        texts = texts[: task.num_texts]
    try:
        features = next(iter(task.encode(Example(id=0, texts=texts, origin="export"), tokenizer, max_length)))[0]
    except (InputError, KeyError, TypeError):                           # the task needs more than texts, such as positions
        return about
    row = {name: np.atleast_2d(values)[0] for name, values in features.items()}
    parts = (texts[0], texts[1], texts[2]) if task.head.output_kind == "choice" else texts
    for second in (0, 1):
        expected = tokenizer.assemble([tokenizer.ids(part) for part in parts], max_length, [0, *[second] * (len(parts) - 1)])
        if all(np.array_equal(row.get(name), values) for name, values in expected.items()):
            return about | {"segments": [0, second, second], "plain": tokenizer.pre_tokenizer is None}
    return about
