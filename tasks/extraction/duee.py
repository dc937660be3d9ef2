"""DuEE: events of a text, their types and the roles of their arguments. F1 of characters that arguments share.

{"text": "青禾科技昨天宣布裁员52人", "id": "…", "event_list": [{"event_type": "裁员", "trigger": "裁员",
 "arguments": [{"role": "裁员方", "argument": "青禾科技", "argument_start_index": 0}]}]}

DuEE 1.0 (LIC2020). `--head crf` is the published baseline (kexue.fm/archives/7321): a label per event type and role, all arguments
of a type are one event. `--head gplinker` tells events of one type apart (kexue.fm/archives/8926). Event types and roles are those
of --schema, the contest's file with a line per event type, else those of the training file. The score counts event types, roles and
arguments: kexue.fm/archives/7321 reports F1 0.78 of the first test set, with the CRF's transitions learned 100 times as quickly:
`--rate_factors transitions=100`.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.data.readers.record import shorten
from baselines.errors import InputError
from baselines.heads.entities import decode_entities, encode_entities
from baselines.heads.entity_heads import entity_head
from baselines.heads.extraction import ExtractionHead, decode_extraction, encode_extraction
from baselines.heads.extraction_schema import ROLE, Schema
from baselines.heads.head_names import check_head
from baselines.metrics.overlap import by_role, overlap_f1
from baselines.metrics.spans import Entity
from baselines.task import Categories, Demo, Example, Labels, Linting, Recipe, Span, Submission, Task
from tasks.common import each_path, encode_checked
from tasks.extraction import common
from tasks.extraction.schemas import check_role, read_roles

HEADS = ("crf", "gplinker")


@dataclasses.dataclass(frozen=True)
class Options:
    """The model of an event extraction task."""

    head: str = "crf"
    """crf (a label per event type and role; the arguments of a type are one event) or gplinker (several events of one type)."""
    schema: str | None = None
    """The contest's schema, a line of JSON per event type. Default: the event types and roles of the training file."""


def read(path: str | Path) -> Iterator[Example]:
    years = {"spo_list": "This is DuIE: use extraction/duie."}
    for row, text, gold in common.read_rows(path, "event_list", years):
        found = None
        if gold is not None:
            found = [event(item, text, f"{row.origin}, event_list[{number}]") for number, item in enumerate(gold)]
        yield Example(id=row.id("id"), texts=(text,), gold=found, extra={"line": dict(row)}, origin=row.origin)


def check(example: Example, roles: frozenset[tuple[str, str]], schema: str | None) -> None:
    """Raises InputError for an argument whose role is not in `roles`, which come from a schema, or without one from training."""
    for kind, role in roles_of(example.gold):
        check_role(kind, role, roles, schema)


def event(item: Any, text: str, origin: str) -> dict:
    """An event of a file, checked: {"event_type", "arguments": [{"role", "argument", "argument_start_index"}]}.

    An argument that is not at its start, or has none, is taken at its first occurrence.
    """
    kind = common.text_of(item, "event_type", origin)
    if not isinstance(item.get("arguments"), list):
        raise InputError(f"{origin}: arguments is not a list: {shorten(item.get('arguments'))}. Fix the file.")
    arguments = []
    for number, argument in enumerate(item["arguments"]):
        where = f"{origin}, arguments[{number}]"
        role, mention = common.text_of(argument, "role", where), common.text_of(argument, "argument", where)
        start = argument.get("argument_start_index")
        if type(start) is not int or not text.startswith(mention, max(start, 0)):
            start = text.find(mention)
        if start < 0:
            raise InputError(f"{where}: the argument {shorten(mention)} is not in the text. Correct it, or remove it.")
        arguments.append({"role": role, "argument": mention, "argument_start_index": start})
    return {"event_type": kind, "arguments": arguments}


def roles_of(events: Sequence[Mapping]) -> list[tuple[str, str]]:
    """(event type, role) of each argument."""
    return [(each["event_type"], argument["role"]) for each in events for argument in each["arguments"]]


def as_entities(events: Sequence[Mapping]) -> list[Entity]:
    """Arguments as the entities of a tagging head; each place counts once."""
    found = {}
    for each in events:
        for argument in each["arguments"]:
            start, mention = argument["argument_start_index"], argument["argument"]
            name = f"{each['event_type']}{ROLE}{argument['role']}"
            found.setdefault((start, start + len(mention)), Entity(start, start + len(mention), name, mention))
    return sorted(found.values())


def from_entities(entities: Sequence[Entity]) -> list[dict]:
    """One event per type, with all arguments of the type; an argument that stands several times is one."""
    events = {}
    for entity in entities:
        kind, role = entity.category.split(ROLE)
        events.setdefault(kind, {}).setdefault((role, entity.text), entity.start)
    return [
        {"event_type": kind, "arguments": [
            {"role": role, "argument": mention, "argument_start_index": start} for (role, mention), start in arguments.items()
        ]} for kind, arguments in events.items()
    ]  # fmt: skip


def as_extraction(events: Sequence[Mapping]) -> dict:
    """Events as an extraction (metrics/extraction.py)."""
    def part(argument):
        start, mention = argument["argument_start_index"], argument["argument"]
        return {"role": argument["role"], "start": start, "end": start + len(mention), "text": mention}

    return {"entities": [], "relations": [], "events": [
        {"type": each["event_type"], "arguments": [part(argument) for argument in each["arguments"]]} for each in events
    ]}  # fmt: skip


def from_extraction(found: Mapping) -> list[dict]:
    """The events of an extraction in DuEE's fields."""
    return [
        {"event_type": each["type"], "arguments": [
            {"role": part["role"], "argument": part["text"], "argument_start_index": part["start"]} for part in each["arguments"]
        ]} for each in found["events"]
    ]  # fmt: skip


def encode_with(
    example: Example, tokenizer: Any, max_length: int, inner: Callable, convert: Callable
) -> Iterator[tuple[dict, Any]]:
    """The `encode` stage of a head, of gold in the form that `convert` gives it."""
    if example.gold is not None:
        example = dataclasses.replace(example, gold=convert(example.gold))
    yield from inner(example, tokenizer, max_length)


def decode_with(example: Example, outputs: dict, inner: Callable, convert: Callable) -> list[dict]:
    """The `decode` stage of a head, in DuEE's fields."""
    return convert(inner(example, outputs))


def score(golds: Sequence[list], predictions: Sequence[list]) -> dict[str, float]:
    """{"f1", "precision", "recall"} of shared characters per event type and role, see metrics/overlap.py."""
    return overlap_f1(*([by_role(list(texts_of(events))) for events in side] for side in (golds, predictions)))


def texts_of(events: Sequence[Mapping]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yields ((event type, role), argument)."""
    for each in events:
        for argument in each["arguments"]:
            yield (each["event_type"], argument["role"]), argument["argument"]


def facts(events: Sequence[Mapping]) -> set[tuple]:
    """(event type › role, argument) of all arguments, for the table of labels."""
    return {(ROLE.join(role), text) for role, text in texts_of(events)}


def format_events(events: Sequence[Mapping]) -> str:
    """Events as the text of a table cell: 裁员: 裁员方 青禾科技, 裁员人数 52人."""
    def arguments(each):
        return ", ".join(f"{part['role']} {part['argument']}" for part in each["arguments"])

    return "; ".join(f"{each['event_type']}: {arguments(each)}" for each in events)


def spans(example: Example) -> list[Span]:
    """Gold as Spans of the text, for lint."""
    return [Span(0, entity.start, entity.end, entity.category) for entity in as_entities(example.gold or ())]


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with the head that --head names and the roles of the run, or of the training file."""
    check_head(options.head, HEADS)
    if labels is None and train_file is None and options.schema is None:
        raise InputError("--train FILE or --schema FILE is required: they name the roles. A trained model needs --run DIR.")
    names = labels.names if labels else schema_names(options.schema) if options.schema else discover(train_file)
    categories, schema = Categories(*names), Schema.from_labels(names)
    if options.head == "gplinker":
        head = ExtractionHead(schema)
        head.extraction_of = as_extraction
        stages = encode_extraction(schema), as_extraction, decode_extraction(schema), from_extraction
    else:
        head = entity_head("crf", len(categories))
        head.entities_of, head.output_kind = as_entities, "extraction"
        stages = encode_entities(categories), as_entities, decode_entities(categories), from_entities
    encode, to_gold, decode, from_found = stages
    head.format_prediction = format_events
    return dataclasses.replace(
        task,
        encode=functools.partial(
            encode_checked, inner=functools.partial(encode_with, inner=encode, convert=to_gold),
            check=functools.partial(check, roles=frozenset(schema.roles), schema=options.schema),
        ),
        head=head,
        loss=head.loss,
        decode=functools.partial(decode_with, inner=decode, convert=from_found),
        labels=categories,
    )


def schema_names(path: str) -> list[str]:
    """Names of all roles of a schema, sorted by code point."""
    return [ROLE.join(role) for role in sorted(set(read_roles(path)))]


def discover(train_file: Path | tuple[Path, ...]) -> list[str]:
    """Names of all roles of a training file, sorted by code point."""
    paths = each_path(train_file)
    found = {role for path in paths for example in read(path) for role in roles_of(example.gold or ())}
    if not found:
        raise InputError(f"{paths[0]}: no events to learn from. Check that it is the training file.")
    return [ROLE.join(role) for role in sorted(found)]


def record(example: Example, prediction: list[dict]) -> dict:
    """A line of the submission: that of the test file, with the events."""
    def arguments(each):
        return [{"role": part["role"], "argument": part["argument"]} for part in each["arguments"]]

    events = [{"event_type": each["event_type"], "arguments": arguments(each)} for each in prediction]
    return {**example.extra["line"], "event_list": events}


TASK = Task(
    files={"train": "duee_train.json", "dev": "duee_dev.json", "test": "duee_test1.json"},
    read=read,
    encode=None,                                                        # this, head, loss and decode: see bind
    head=None,
    loss=None,
    decode=None,
    metric=score,
    facts=facts,
    recipe=Recipe(max_length=128, batch_size=32, epochs=20, learning_rate=2e-5),
    submit=Submission(files={"duee_test1.json": "duee.json"}, record=record),
    source=common.source("extraction/duee"),
    linting=Linting(spans=spans),
    options=Options,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 16, "epochs": 16, "learning_rate": 2e-3}),
)
