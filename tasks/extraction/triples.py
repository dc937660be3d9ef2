"""Triples of DuIE: their fields, the labels that a model has for them, and objects put together from slots.

{"predicate": "上映时间", "subject_type": "作品", "subject": "远山",
 "object_type": {"@value": "时间"}, "object": {"@value": "昨天"}}

In DuIE 1.0 `object` and `object_type` are texts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from baselines.data.readers.record import shorten
from baselines.errors import InputError
from tasks.extraction import common

SEPARATOR = " | "
VALUE = "@value"
"""The slot that every object has; "" stands for the text of a DuIE 1.0 object."""


class Slot(NamedTuple):
    """A label of the model: a predicate with the types of its ends and the slot of its object."""

    predicate: str
    subject_type: str
    object_type: str
    slot: str


def triple(item: Any, origin: str) -> dict:
    """A triple of a file, checked: with "@value" among its slots, and a type for each slot."""
    fields = {name: common.text_of(item, name, origin) for name in ("predicate", "subject", "subject_type")}
    thing, kind = item.get("object"), item.get("object_type")
    if isinstance(thing, str) and isinstance(kind, str) and thing.strip():
        return {**fields, "object": thing, "object_type": kind}
    if not isinstance(thing, Mapping) or not isinstance(kind, Mapping):
        raise InputError(f"{origin}: object and object_type are {shorten(thing)} and {shorten(kind)}. Give texts, or objects.")
    thing = {slot: text for slot, text in thing.items() if text not in ("", None)}
    for slot, text in thing.items():
        if not isinstance(text, str) or not isinstance(kind.get(slot), str):
            raise InputError(
                f"{origin}: the slot {slot!r} has the text {shorten(text)} and the type {shorten(kind.get(slot))}. Both are texts."
            )
    if VALUE not in thing:
        found = ", ".join(thing) or "nothing"
        raise InputError(f"{origin}: the object of {fields['predicate']!r} has no {VALUE!r}, only {found}. Add it.")
    return {**fields, "object": thing, "object_type": {slot: kind[slot] for slot in thing}}


def slots_of(each: Mapping) -> dict[str, tuple[str, str]]:
    """{slot: (text, type)} of a triple's object."""
    if isinstance(each["object"], str):
        return {"": (each["object"], each["object_type"])}
    return {slot: (text, each["object_type"][slot]) for slot, text in each["object"].items()}


def labels_of(each: Mapping) -> list[Slot]:
    return [Slot(each["predicate"], each["subject_type"], kind, slot) for slot, (_, kind) in slots_of(each).items()]


def merge_slots(text: str, found: Sequence[tuple]) -> list[dict]:
    """The triples of (Slot, subject's start and end, object's start and end): slots of one subject and predicate are one object.

    Where there are several values, another slot goes to the nearest. An object without its value is left out.
    """
    groups = {}
    for label, start, end, first, last in sorted(found, key=lambda one: (one[1], one[2], one[0].predicate, one[3], one[4])):
        group = groups.setdefault((text[start:end], label.predicate, label.subject_type), {})
        group.setdefault(label.slot, {}).setdefault(text[first:last], (first, label.object_type))
    triples = []
    for (subject, predicate, subject_type), slots in groups.items():
        for value, (_, kind) in slots.get("", {}).items():
            fields = {"predicate": predicate, "subject": subject, "subject_type": subject_type}
            triples.append({**fields, "object": value, "object_type": kind})
        values = {value: {VALUE: (value, place, kind)} for value, (place, kind) in slots.get(VALUE, {}).items()}
        for slot, texts in slots.items():
            for other, (place, kind) in (texts.items() if values and slot not in ("", VALUE) else ()):
                owner = min(values.values(), key=lambda one: abs(one[VALUE][1] - place))
                owner.setdefault(slot, (other, place, kind))
        for parts in values.values():
            triples.append({
                "predicate": predicate, "subject": subject, "subject_type": subject_type,
                "object": {slot: part[0] for slot, part in parts.items()},
                "object_type": {slot: part[2] for slot, part in parts.items()},
            })  # fmt: skip
    return triples


def format_triples(triples: Sequence[Mapping]) -> str:
    """Triples as the text of a table cell: 远山 –上映时间→ 昨天 (inArea 云岭市)."""
    return "; ".join(f"{each['subject']} –{each['predicate']}→ {format_object(slots_of(each))}" for each in triples)


def format_object(slots: Mapping[str, tuple[str, str]]) -> str:
    others = [f"{slot} {text}" for slot, (text, _) in slots.items() if slot not in ("", VALUE)]
    value = next(text for slot, (text, _) in slots.items() if slot in ("", VALUE))
    return f"{value} ({', '.join(others)})" if others else value


def key(each: Mapping) -> tuple:
    return each["predicate"], each["subject"], frozenset((slot, text) for slot, (text, _) in slots_of(each).items())
