"""CLUENER: named entity recognition, ten categories of news. Macro F1 of exact characters. Xu et al., 2020, arXiv:2001.04351.

{"text": "青禾科技的许知秋…", "label": {"name": {"许知秋": [[5, 7]]}, "company": {"青禾科技": [[0, 3]]}}}     ends are inclusive

`--head` chooses the head. Micro F1 and the F1 of every category are reported too. Su Jianlin's reference
(kexue.fm/archives/8739) reports the micro F1 of token spans on dev, without the entities that do not align with tokens or do not
fit max_length. Here they count as missed. `--reference_score` reports that figure too, as reference_micro_f1;
spans on [CLS] and [SEP], which the reference counts as wrong, are ignored here.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.data.readers import entities
from baselines.errors import InputError, nearest
from baselines.heads.entities import decode_entities, encode_entities, encoded_entities, entity_spans
from baselines.heads.entity_heads import HeadFlag, entity_head
from baselines.metrics.spans import f1, span_f1
from baselines.task import Categories, Demo, Example, Labels, Linting, Recipe, Submission, Task
from tasks.clue.common import source

CATEGORIES = Categories(
    "address", "book", "company", "game", "government", "movie", "name", "organization", "position", "scene"
)


def read(path: str | Path) -> Iterator[Example]:
    for row, text, gold in entities.read(path, plain="CLUENER"):
        unknown = next((entity.category for entity in gold or () if entity.category not in CATEGORIES), None)
        if unknown is not None:
            advice = nearest(unknown, CATEGORIES.names)
            raise InputError(
                f"{row.origin}: {unknown!r} is not a category of CLUENER. "
                f"{advice} For other categories, use run.py train tag."
            )
        yield Example(id=row.id("id"), texts=(text,), gold=gold, extra={"line": dict(row)}, origin=row.origin)


def line(example: Example, prediction: Any) -> dict:
    """The line of the test file with its label: {category: {entity: [[start, end inclusive]]}}."""
    label = {}
    for entity in prediction:
        places = label.setdefault(entity.category, {}).setdefault(entity.text, [])
        places.append([entity.start, entity.end - 1])
    return {"id": example.id, **example.extra["line"], "label": label}


@dataclasses.dataclass(frozen=True)
class Options(HeadFlag):
    """Flags of CLUENER."""

    reference_score: bool = False
    """Also report dev's reference_micro_f1: without the entities that begin or end inside a token, or lie beyond max_length."""


def reference_score(examples: Sequence[Example], rows: Any, predictions: Mapping, predict: Callable) -> dict[str, float]:
    """{"reference_micro_f1": micro F1 over the entities that have a cell of tokens}."""
    result = [{(entity.category, entity.start, entity.end) for entity in predictions[example.id]} for example in examples]
    gold = [{(CATEGORIES.name(category), start, end) for category, start, end in encoded_entities(rows, row)}
            for row in range(len(rows))]  # fmt: skip
    right = sum(len(one & other) for one, other in zip(gold, result, strict=True))
    return {"reference_micro_f1": f1(sum(map(len, gold)), sum(map(len, result)), right)}


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with the head that `--head` names, and its second score."""
    head = entity_head(options.head, len(CATEGORIES))
    second = reference_score if options.reference_score else None
    return dataclasses.replace(task, head=head, loss=head.loss, reference_score=second)


HEAD = entity_head(HeadFlag().head, len(CATEGORIES))
TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": "test.json"},
    read=read,
    encode=encode_entities(CATEGORIES),
    head=HEAD,
    loss=HEAD.loss,
    decode=decode_entities(CATEGORIES),
    metric=span_f1,
    recipe=Recipe(max_length=256, batch_size=32, epochs=10, learning_rate=2e-5),
    submit=Submission(files={"test.json": "cluener_predict.json"}, record=line, keys=lambda example: [example.id]),
    labels=CATEGORIES,
    source=source("cluener_public.zip", "datasets/clue/cluener"),
    linting=Linting(spans=entity_spans),
    options=Options,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 32, "epochs": 10, "learning_rate": 5e-4}),
)
