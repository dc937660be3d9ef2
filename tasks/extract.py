"""Extract: entities, relations and events by your own schema, all with one model. Micro F1 of exact characters.

{"text": "许知秋执导的《山月》", "entities": [[0, 3, "人物"], [7, 9, "作品"]],
 "relations": [{"predicate": "导演", "subject": [7, 9, "作品"], "object": [0, 3, "人物"]}],
 "events": [{"type": "裁员", "arguments": [[0, 4, "裁员方"]]}]}

    run.py train extract --train train.jsonl --dev dev.jsonl --schema schema.yaml

Every field but `text` may be left out. Spans are characters [start, end) from 0, or with `--inclusive` [start, end]; they
may overlap and contain one another. Exports of doccano, Label Studio and BRAT (a folder) are recognized. Without `--schema` the
schema is what occurs in the training file; it is kept with the run. The model is GPLinker (kexue.fm/archives/8888 and 8926).
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import extractions
from baselines.errors import InputError
from baselines.heads.extraction import ExtractionHead, decode_extraction, encode_extraction, extraction_spans
from baselines.heads.extraction_schema import Schema
from baselines.metrics.extraction import extraction_f1
from baselines.task import Categories, Demo, Example, Labels, Linting, Recipe, Task
from tasks.common import each_path, encode_checked


@dataclasses.dataclass(frozen=True)
class Options:
    """What is extracted, and where the parts of an example stand."""

    schema: str | None = None
    """YAML file of entity types, relations between them and events with roles. Default: all that the training file holds."""
    text: str = "text"
    """Field of the text."""
    inclusive: bool = False
    """Ends are those of the last character, not behind it."""


CONTESTS = {"spo_list": "This is DuIE: use extraction/duie.", "event_list": "This is DuEE: use extraction/duee."}
"""{field of gold in another layout: what to do}."""


def read(path: str | Path, options: Options) -> Iterator[Example]:
    for row, text, gold in extractions.read(path, options.text, options.inclusive):
        for name, advice in CONTESTS.items():
            if gold is None and row.get(name) is not None:
                raise InputError(f"{row.origin}: expected entities, relations or events. Received: {name}. {advice}")
        yield Example(id=row.id("id"), texts=(text,), gold=gold, origin=row.origin)


def check(example: Example, schema: Schema, found: bool) -> None:
    """Raises InputError for gold that the schema does not have; it is `found` in the training file where no --schema is given."""
    try:
        schema.check(example.gold)
    except InputError as error:
        advice = " The schema is what the training file has: name all with --schema FILE." if found else ""
        raise InputError(f"{error}{advice}") from None


def discover(path: Path | tuple[Path, ...], options: Options) -> Schema:
    """The schema of a training file, or of a tuple of them."""
    paths = each_path(path)
    examples = itertools.chain.from_iterable(read(each, options) for each in paths)
    return Schema.discover((example.gold for example in examples if example.gold), str(paths[0]))


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with its schema: that of the run, else of --schema, else of the training file."""
    if labels is not None:
        schema = Schema.from_labels(labels.names)
    elif options.schema:
        schema = Schema.read(options.schema)
    elif train_file is None:
        raise InputError("extract: --train FILE or --schema FILE is required; a trained model needs --run DIR.")
    else:
        schema = discover(train_file, options)
    head = ExtractionHead(schema)
    return dataclasses.replace(
        task,
        read=functools.partial(read, options=options),
        encode=functools.partial(
            encode_checked, inner=encode_extraction(schema), check=functools.partial(check, schema=schema, found=not options.schema)
        ),
        head=head,
        loss=head.loss,
        decode=decode_extraction(schema),
        labels=Categories(*schema.label_names),
        facts=schema.facts,
    )


TASK = Task(
    files={"train": "train.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"},
    read=functools.partial(read, options=Options()),
    encode=None,                                                        # this, head, loss and decode: see bind
    head=None,
    loss=None,
    decode=None,
    metric=extraction_f1,
    recipe=Recipe(max_length=256, batch_size=16, epochs=20, learning_rate=2e-5),
    source="Put your own file there",
    linting=Linting(spans=extraction_spans),
    options=Options,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 16, "epochs": 16, "learning_rate": 2e-3}),
)
