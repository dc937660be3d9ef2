"""Tag: named entity recognition on your own columns (BIO, BMES, BIOES) or JSON lines with spans. Macro F1 over categories.

吴 B-NAME                      run.py train tag --train train.bmes --dev dev.jsonl
某 E-NAME
                               {"text": "吴某，北京大学教授", "entities": [[0, 2, "NAME"], [3, 7, "ORG"], [3, 5, "LOC"]]}

Files that end in .json or .jsonl (or .gz after it) are JSON lines or one array, all others columns. Spans are characters
[start, end) from 0, or with `--inclusive` [start, end]. Exports of doccano and Label Studio and CLUENER's files are recognized.
The categories are those of the training file, and are kept with the run. Entities may contain one another with
`--head global_pointer`.
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import conll, entities
from baselines.data.readers.record import Row
from baselines.errors import InputError
from baselines.heads.entities import decode_entities, encode_entities, entity_spans
from baselines.heads.entity_heads import POINTERS, HeadFlag, entity_head
from baselines.metrics.spans import Entity, span_f1
from baselines.storage.text_files import text_name
from baselines.task import Categories, Demo, Example, Labels, Linting, Recipe, Task
from tasks.common import each_path


@dataclasses.dataclass(frozen=True)
class Options(HeadFlag):
    """How entities are found, and where the parts of an example stand in JSON lines."""

    text: str = "text"
    """Field of the text."""
    entities: str | None = None
    """Field of the entities; default: the first of entities, label, labels, annotations and spans."""
    inclusive: bool = False
    """Ends are those of the last character, not behind it."""
    repair_tags: bool = False
    """Columns: take illegal sequences of tags as conlleval does, instead of refusing them."""


def read(path: str | Path, options: Options) -> Iterator[Example]:
    if Path(text_name(path)).suffix not in (".json", ".jsonl"):
        for row in conll.read(path, options.repair_tags):
            yield Example(id=row.id("id"), texts=(row["text"],), gold=from_columns(row), origin=row.origin)
        return
    for row, text, gold in entities.read(path, options.text, options.entities, options.inclusive):
        yield Example(id=row.id("id"), texts=(text,), gold=gold, origin=row.origin)


def from_columns(row: Row) -> list[Entity] | None:
    """The Entities of a sentence, or None if it has no tags."""
    if row["entities"] is None:
        return None
    return [Entity(start, end, category, row["text"][start:end]) for start, end, category in row["entities"]]


def check_apart(example: Example, head: str) -> None:
    """Raises InputError for the first two entities that overlap."""
    for one, other in itertools.pairwise(sorted(example.gold)):
        if other.start < one.end:
            raise InputError(
                f"{example.origin}: the entities {list(one)} and {list(other)} overlap, but --head {head} gives a token one label. "
                "Use --head global_pointer, or keep one of the two."
            )


def discover(path: str | Path | tuple, options: Options) -> Categories:
    """The Categories of a training file, or of a tuple of them, sorted by code point. Raises InputError for entities in
    entities, if the head cannot learn them.
    """
    paths, names = each_path(path), set()
    for example in itertools.chain.from_iterable(read(each, options) for each in paths):
        names.update(entity.category for entity in example.gold or ())
        if example.gold and options.head not in POINTERS:
            check_apart(example, options.head)
    if not names:
        raise InputError(f"{paths[0]}: no entities to learn from. Name their field with --entities.")
    return Categories(*sorted(names))


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with its head and categories: those of the run, else those found in the training file."""
    if labels is None and train_file is None:
        raise InputError("tag: --train FILE is required, because it names the categories; a trained model needs --run DIR.")
    categories = Categories(*labels.names) if labels else discover(train_file, options)
    head = entity_head(options.head, len(categories))
    return dataclasses.replace(
        task,
        read=functools.partial(read, options=options),
        encode=encode_entities(categories),
        head=head,
        loss=head.loss,
        decode=decode_entities(categories),
        labels=categories,
    )


TASK = Task(
    files={"train": "train.txt", "dev": "dev.txt", "test": "test.txt"},
    read=functools.partial(read, options=Options()),
    encode=None,                                                        # this, head, loss and decode: see bind
    head=None,
    loss=None,
    decode=None,
    metric=span_f1,
    recipe=Recipe(max_length=256, batch_size=32, epochs=10, learning_rate=2e-5),
    source="Put your own file there",
    linting=Linting(spans=entity_spans),
    options=Options,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 32, "epochs": 10, "learning_rate": 5e-4}),
)
