"""DuIE: relations of a text, subject, predicate and object, whose object may have several slots. F1 of complete triples.

{"text": "《远山》昨天在云岭市上映", "spo_list": [{"predicate": "上映时间", "subject_type": "作品", "subject": "远山",
 "object_type": {"@value": "时间", "inArea": "地点"}, "object": {"@value": "昨天", "inArea": "云岭市"}}]}

DuIE 2.0 (LIC2020) as above, and DuIE 1.0 (LIC2019), whose `object` is a text. Relations are those of --schema, the contest's file
with a line per predicate, else those of the training file. `--head half_pointer` is the published baseline
(kexue.fm/archives/7161), `--head gplinker` the later model (kexue.fm/archives/8888). A triple is right if predicate, subject and
all slots are; kexue.fm/archives/7321 reports F1 0.68 of the first test set.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.heads.entities import EncodedText
from baselines.heads.extraction import ExtractionHead, decode_extraction, encode_extraction
from baselines.heads.extraction_schema import Relation, Schema
from baselines.heads.half_pointer import MARKS, HalfPointerHead, draw_subject
from baselines.heads.head_names import check_head
from baselines.metrics.overlap import set_f1
from baselines.task import Categories, Demo, Example, Labels, Linting, Recipe, Sampling, Span, Submission, Task
from tasks.common import each_path, encode_checked
from tasks.extraction import common
from tasks.extraction.schemas import check_relation, read_relations
from tasks.extraction.triples import SEPARATOR, Slot, format_triples, key, labels_of, merge_slots, slots_of, triple

HEADS = ("half_pointer", "gplinker")
SUBJECT, OBJECT = "subject", "object"


@dataclasses.dataclass(frozen=True)
class Options:
    """The model of a relation extraction task."""

    head: str = "half_pointer"
    """half_pointer (first subjects, then the objects of each) or gplinker (subjects, objects and their links at once)."""
    schema: str | None = None
    """The contest's schema, a line of JSON per predicate. Default: the relations of the training file."""


def read(path: str | Path) -> Iterator[Example]:
    years = {"event_list": "This is DuEE: use extraction/duee."}
    for row, text, gold in common.read_rows(path, "spo_list", years):
        triples = None if gold is None else [triple(item, f"{row.origin}, spo_list[{number}]") for number, item in enumerate(gold)]
        yield Example(id=row.id("id"), texts=(text,), gold=triples, extra={"line": dict(row)}, origin=row.origin)


def check(example: Example, slots: Mapping[Slot, int], schema: str | None) -> None:
    """Raises InputError for a triple of no relation in `slots`, which come from a schema, or without one from the training file."""
    for label in itertools.chain.from_iterable(map(labels_of, example.gold)):
        check_relation(label, slots, schema)


def place_triples(example: Example, alignment: Any) -> dict:
    """Gold as an extraction with places: each mention at its occurrence, of several that of an object nearest to its subject."""
    relations = []
    for each in example.gold:
        subject = common.locate(alignment, each["subject"])
        for label, (text, _) in zip(labels_of(each), slots_of(each).values(), strict=True):
            found = subject and common.locate(alignment, text, near=subject[0])
            if found:
                one, other = ({"type": kind, "start": place[0], "end": place[1]} for kind, place in
                              ((SUBJECT, subject), (OBJECT, found)))  # fmt: skip
                relations.append({"predicate": SEPARATOR.join(label), "subject": one, "object": other})
    return {"entities": [], "relations": relations, "events": []}


def encode_gplinker(example: Example, tokenizer: Any, max_length: int, inner: Callable) -> Iterator[tuple[dict, Any]]:
    """The `encode` stage of a LinkerHead."""
    if example.gold is not None:
        example = dataclasses.replace(example, gold=place_triples(example, tokenizer.align(example.texts[0])))
    yield from inner(example, tokenizer, max_length)


def encode_half_pointer(
    example: Example, tokenizer: Any, max_length: int, slots: Mapping[Slot, int]
) -> Iterator[tuple[dict, Any]]:
    """The `encode` stage of a HalfPointerHead."""
    import numpy as np

    encoded = EncodedText.of(example.texts[0], tokenizer, max_length)
    features = encoded.features | {name: np.zeros(len(encoded.features["token_ids"]), np.int32) for name in MARKS}
    if example.gold is None:
        yield features, None
        return
    names, cells = {SEPARATOR.join(slot): number for slot, number in slots.items()}, set()
    for each in place_triples(example, encoded.alignment)["relations"]:
        subject, thing = (encoded.ends(each[side]["start"], each[side]["end"]) for side in ("subject", "object"))
        if subject and thing:
            cells.add((*subject, names[each["predicate"]], *thing))
    yield features, {"cells": np.array(sorted(cells), np.int32).reshape(-1, 5), "subject": np.zeros(2, np.int32)}


def decode_gplinker(example: Example, outputs: dict, inner: Callable) -> list[dict]:
    """The `decode` stage of a LinkerHead."""
    found = [
        (Slot(*each["predicate"].split(SEPARATOR)), each["subject"]["start"], each["subject"]["end"], each["object"]["start"],
         each["object"]["end"]) for each in inner(example, outputs)["relations"]
    ]  # fmt: skip
    return merge_slots(example.texts[0], found)


def decode_half_pointer(example: Example, outputs: dict, slots: Sequence[Slot]) -> list[dict]:
    """The `decode` stage of a HalfPointerHead."""
    (found,) = outputs["triples"]
    return merge_slots(example.texts[0], [(slots[label], *places) for label, *places, _ in found])


def score(golds: Sequence[list], predictions: Sequence[list]) -> dict[str, float]:
    """{"f1", "precision", "recall"} of triples: predicate, subject and all slots of the object."""
    return set_f1(*([{key(each) for each in triples} for triples in side] for side in (golds, predictions)))


def facts(triples: Sequence[Mapping]) -> set[tuple]:
    """(name of the label, subject, text of the slot) of each triple, for the table of labels."""
    return {
        (SEPARATOR.join(label), each["subject"], part[0])
        for each in triples for label, part in zip(labels_of(each), slots_of(each).values(), strict=True)
    }  # fmt: skip


def mentions(example: Example) -> list[Span]:
    """Gold as Spans of the text, for lint: the first occurrence of each mention; an empty one for a mention that is not there."""
    text = example.texts[0]
    found = {(each["predicate"], mention) for each in example.gold or ()
             for mention in (each["subject"], *(part[0] for part in slots_of(each).values()))}  # fmt: skip
    places = [(text.find(mention), mention, name) for name, mention in sorted(found)]
    return [
        Span(0, place, place + len(mention), name) if place >= 0 else Span(0, 0, 0, f"{name}: {mention}")
        for place, mention, name in places
    ]  # fmt: skip


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with the head that --head names and the relations of the run, or of the training file."""
    check_head(options.head, HEADS)
    if labels is None and train_file is None and options.schema is None:
        raise InputError("--train FILE or --schema FILE is required: they name the relations. A trained model needs --run DIR.")
    names = labels.names if labels else schema_names(options.schema) if options.schema else discover(train_file)
    slots = {Slot(*name.split(SEPARATOR)): number for number, name in enumerate(names)}
    checked = functools.partial(encode_checked, check=functools.partial(check, slots=slots, schema=options.schema))
    if options.head == "gplinker":
        schema = Schema((SUBJECT, OBJECT), tuple(Relation(name, SUBJECT, OBJECT) for name in names))
        head = ExtractionHead(schema)
        head.extraction_of, head.format_prediction = None, format_triples
        return dataclasses.replace(
            task, head=head, loss=head.loss, labels=Categories(*names),
            encode=functools.partial(checked, inner=functools.partial(encode_gplinker, inner=encode_extraction(schema))),
            decode=functools.partial(decode_gplinker, inner=decode_extraction(schema)),
        )  # fmt: skip
    head = HalfPointerHead(len(names))
    head.format_prediction = format_triples
    return dataclasses.replace(
        task, head=head, loss=head.loss, labels=Categories(*names),
        encode=functools.partial(checked, inner=functools.partial(encode_half_pointer, slots=slots)),
        decode=functools.partial(decode_half_pointer, slots=list(slots)),
        sampling=Sampling(draw=draw_subject, rows_per_example=1),
    )  # fmt: skip


def schema_names(path: str) -> list[str]:
    """Names of all relations of a schema, sorted by code point."""
    return sorted({SEPARATOR.join(label) for label in read_relations(path)})


def discover(train_file: Path | tuple[Path, ...]) -> list[str]:
    """Names of all relations of a training file, sorted by code point."""
    paths = each_path(train_file)
    found = {label for path in paths for example in read(path) for each in example.gold or () for label in labels_of(each)}
    if not found:
        raise InputError(f"{paths[0]}: no triples to learn from. Check that it is the training file.")
    if {label.slot for label in found} > {""}:
        one, other = (next(label for label in sorted(found) if bool(label.slot) is new) for new in (False, True))
        raise InputError(
            f"{paths[0]}: the object of {one.predicate!r} is a text (DuIE 1.0), that of {other.predicate!r} has slots (2.0). Use "
            "files of one year."
        )
    return sorted(SEPARATOR.join(label) for label in found)


def record(example: Example, prediction: list[dict]) -> dict:
    """A line of the submission: that of the test file, with the triples."""
    return {**example.extra["line"], "spo_list": prediction}


TASK = Task(
    files={"train": "duie_train.json", "dev": "duie_dev.json", "test": "duie_test2.json"},
    read=read,
    encode=None,                                                        # this, head, loss and decode: see bind
    head=None,
    loss=None,
    decode=None,
    metric=score,
    facts=facts,
    recipe=Recipe(max_length=256, batch_size=16, epochs=20, learning_rate=2e-5),
    submit=Submission(files={"duie_test2.json": "duie.json"}, record=record),
    source=common.source("extraction/duie"),
    linting=Linting(spans=mentions),
    options=Options,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 16, "epochs": 20, "learning_rate": 1e-3}),
)
