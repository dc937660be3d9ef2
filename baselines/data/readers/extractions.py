"""Texts with entities, relations and events. The layout of each row is recognized.

{"text": "许知秋执导的《山月》", "entities": [[0, 3, "人物"], [7, 9, "作品"]],
 "relations": [{"predicate": "导演", "subject": [7, 9, "作品"], "object": [0, 3, "人物"]}],
 "events": [{"type": "裁员", "arguments": [[0, 4, "裁员方"]]}]}

Entities may also be objects, as in readers/entities.py. With an "id" each, relations may name them: doccano's {"from_id", "to_id",
"type"}, and Label Studio's results of the type "relation". A folder, or one .ann file, is BRAT's standoff format: readers/brat.py.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from baselines.data.readers import brat, entities, json_file, json_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError
from baselines.metrics.extraction import ordered
from baselines.metrics.spans import Entity

PLAIN = '{"predicate": "导演", "subject": [7, 9, "作品"], "object": [0, 3, "人物"]}'
EVENT = '{"type": "裁员", "arguments": [[0, 4, "裁员方"]]}'


def read(path: str | Path, text: str = "text", inclusive: bool = False) -> Iterator[tuple[Row, str, dict | None]]:
    """Yields (row, text, its extraction, or None without gold) per row.

    Args:
        path: JSON lines or a JSON array (.gz too), a BRAT folder or .ann file.
        text: Field of the text.
        inclusive: Ends are those of the last character, not behind it.

    Raises:
        InputError: With the place, for parts that are not in their text or of no known layout.
    """
    path = Path(path)
    if path.is_dir() or path.suffix == ".ann":
        yield from brat.read(path)
        return
    for row in json_lines.read(path):
        yield row, *extraction_of(row, text, inclusive)


def extraction_of(row: Row, text: str = "text", inclusive: bool = False) -> tuple[str, dict | None]:
    """(text, extraction) of a row of JSON lines."""
    layout, words, items = entities.taken_apart(row, text)
    relations = links(row) if layout == "Label Studio" else items_of(row, "relations")
    events = None if layout == "Label Studio" else items_of(row, "events")
    if items is None and relations is None and events is None:
        return words, None
    found, by_id = set(), {}
    for item in items or ():
        several = entities.entities_of(row.origin, words, item, inclusive)
        found.update(several)
        if isinstance(item, Mapping) and item.get("id") is not None:
            remember(by_id, several, item["id"], row.origin)
    joined = [relation(row.origin, words, item, by_id, inclusive) for item in relations or ()]
    return words, extraction(found, joined, [event(row.origin, words, item, inclusive) for item in events or ()])


def remember(by_id: dict, several: list[Entity], name: object, origin: str) -> None:
    """Adds the entities of an id, which are one span; each of its labels is one."""
    if not isinstance(name, str | int):
        raise InputError(f"{origin}: an entity has the id {shorten(name)}. Use a text or a whole number.")
    known = by_id.setdefault(name, [])
    known += [entity for entity in several if entity not in known]
    if len({(entity.start, entity.end) for entity in known}) > 1:
        one, other = known[0], known[-1]
        raise InputError(f"{origin}: two entities have the id {name!r}: {shorten(one.text)}, {shorten(other.text)}. Correct one.")


def extraction(found: set[Entity], relations: list[tuple[str, Entity, Entity]], events: list[dict]) -> dict:
    """The extraction of entities, of relations (predicate, subject, object), whose ends are entities too, and of events."""
    ends = {entity for _, *pair in relations for entity in pair}
    return ordered({
        "entities": [as_part(entity, "type") for entity in sorted(found | ends)],
        "relations": [
            {"predicate": predicate, "subject": as_part(subject, "type"), "object": as_part(thing, "type")}
            for predicate, subject, thing in dict.fromkeys(relations)
        ],
        "events": events,
    })  # fmt: skip


def as_part(entity: Entity, kind: str) -> dict:
    """An Entity as a part of an extraction; `kind` is "type" or "role"."""
    return {kind: entity.category, "start": entity.start, "end": entity.end, "text": entity.text}


def items_of(row: Row, field: str) -> list | None:
    """The list in a field, or None where the row has none."""
    value = row.get(field)
    return None if value is None else json_file.expect(value, list, f"{row.origin}, {field}")


def links(row: Row) -> list[dict] | None:
    """The relations of a task that Label Studio exported, as doccano's; the first annotation counts, as for entities."""
    field = "annotations" if row.get("annotations") is not None else "completions"
    for annotation in row.get(field) or ():
        if not annotation.get("was_cancelled"):
            return list(links_of(annotation["result"], row.origin))
    return None


def links_of(results: list, origin: str) -> Iterator[dict]:
    for item in results:
        if item.get("type") != "relation":
            continue
        labels = item.get("labels")
        if not labels:
            raise InputError(f"{origin}: a relation from {item.get('from_id')!r} has no label. Give it one, or remove it.")
        if not {"from_id", "to_id"} <= item.keys():
            raise InputError(f"{origin}: a relation {shorten(labels)} has no from_id or no to_id. Add it, or remove the relation.")
        ends, direction = (item["from_id"], item["to_id"]), item.get("direction")
        pairs = {"left": [ends[::-1]], "bi": [ends, ends[::-1]]}.get(direction, [ends])
        yield from ({"from_id": one, "to_id": other, "type": label} for label in labels for one, other in pairs)


def relation(origin: str, text: str, item: object, by_id: Mapping, inclusive: bool) -> tuple[str, Entity, Entity]:
    """(predicate, subject, object) of an item. Raises InputError for one of no layout, or that names an unknown entity."""
    if isinstance(item, Mapping) and {"from_id", "to_id"} <= item.keys():
        predicate, ends = item.get("type", item.get("label")), []
        for name in ("from_id", "to_id"):
            known = by_id.get(item[name], ()) if isinstance(item[name], str | int) else ()
            if not known:
                raise InputError(f"{origin}: a relation's {name} is {shorten(item[name])}, but no entity has this id. Correct it.")
            if len(known) > 1:
                labels = ", ".join(entity.category for entity in known)
                raise InputError(f"{origin}: a relation's {name} {item[name]!r} has {len(known)} labels, {labels}. An end has one.")
            ends.append(known[0])
    elif isinstance(item, Mapping) and {"predicate", "subject", "object"} <= item.keys():
        predicate = item["predicate"]
        ends = [one_entity(origin, text, item[name], name, inclusive) for name in ("subject", "object")]
    else:
        raise InputError(f"{origin}: {shorten(item)} is not a relation in a known layout. Write {PLAIN}.")
    if not isinstance(predicate, str) or not predicate.strip():
        raise InputError(f"{origin}: {shorten(item)} has no predicate. Write {PLAIN}.")
    return predicate.strip(), *ends


def one_entity(origin: str, text: str, item: object, name: str, inclusive: bool) -> Entity:
    """The entity of a subject, object or argument. Raises InputError unless it is exactly one."""
    if isinstance(item, Mapping) and "role" in item:
        item = {**item, "type": item["role"]}
    try:
        found = entities.entities_of(origin, text, item, inclusive)
    except InputError as error:
        raise InputError(f"{error} (the {name})") from None
    if len(found) != 1:
        raise InputError(f"{origin}: {shorten(item)} has {len(found)} labels. A {name} has one.")
    return found[0]


def event(origin: str, text: str, item: object, inclusive: bool) -> dict:
    """The event of an item. Raises InputError for one of no layout, or without arguments."""
    if not isinstance(item, Mapping) or not isinstance(item.get("type"), str) or not isinstance(item.get("arguments"), list):
        raise InputError(f"{origin}: {shorten(item)} is not an event in a known layout. Write {EVENT}.")
    found = dict.fromkeys(one_entity(origin, text, each, "argument", inclusive) for each in item["arguments"])
    if not item["type"].strip():
        raise InputError(f"{origin}: the event {shorten(item)} has no type. Write {EVENT}.")
    if not found:
        raise InputError(f"{origin}: the event {shorten(item)} has no arguments. An event is found by them: give one.")
    return {"type": item["type"].strip(), "arguments": [as_part(entity, "role") for entity in found]}
