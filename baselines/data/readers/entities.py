"""Texts with named entities in JSON, as annotation tools and data sets write them. The layout of each row is recognized.

{"text": "吴某，北京大学教授", "entities": [[0, 2, "NAME"], [3, 7, "ORG"]]}           lists; in doccano's older exports "label"
{"text": "…", "entities": [{"label": "NAME", "start_offset": 0, "end_offset": 2}]}     doccano; or start and end, as spaCy's
{"data": {"text": "…"}, "annotations": [{"result": [{"type": "labels", "value": {"start": 0, "end": 2, "labels": ["NAME"]}}]}]}
{"text": "…", "label": {"NAME": {"吴某": [[0, 1]]}}}                                   CLUENER, whose ends are the last characters
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import json_file, json_lines
from baselines.data.readers.notes import note_once
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError
from baselines.metrics.spans import Entity

FIELDS = ("entities", "label", "labels", "annotations", "spans")
"""Fields of entities, the first that a row has."""
OFFSETS = (("start_offset", "end_offset"), ("start", "end"), ("start_idx", "end_idx"))
NAMES = ("label", "labels", "type", "category")
INCLUSIVE = "If your file gives the last character, add --inclusive."


def read(
    path: str | Path, text: str = "text", field: str | None = None, inclusive: bool = False, plain: str = "lists"
) -> Iterator[tuple[Row, str, list[Entity] | None]]:
    """Yields (row, text, its Entities, sorted, or None where it has no such field) per row of JSON lines or of a JSON array.

    Args:
        path: a .json or .jsonl, or its .gz.
        text: field of the text.
        field: field of the entities; None: the first of FIELDS.
        inclusive: ends of lists and objects are those of the last character, not behind it.
        plain: the layout that needs no note: "lists", "doccano", "Label Studio" or "CLUENER".

    Raises:
        InputError: with the place, for entities that are not in their text or of no known layout.
    """
    for row in json_lines.read(path):
        layout, words, items = taken_apart(row, text, field)
        if layout not in (None, plain):
            ends = "the last characters of entities" if layout == "CLUENER" or inclusive else "behind the last characters"
            layout = layout if layout == "objects" else f"{layout} writes them"
            note_once(f"{path}: entities are read as {layout}; ends are {ends}.")
        entities = None
        if items is not None:
            entities = sorted({entity for item in items for entity in entities_of(row.origin, words, item, inclusive)})
        yield row, words, entities


def taken_apart(row: Row, text: str, field: str | None = None) -> tuple[str | None, str, list | None]:
    """(layout or None, text, items) of a row: items are lists, objects, or (category, mention, place) of CLUENER's."""
    if text not in row and isinstance(row.get("data"), dict):
        return "Label Studio", *label_studio(row, text)
    old_doccano = text == "text" and "text" not in row and isinstance(row.get("data"), str)
    words = row.text("data" if old_doccano else text)
    field = next((name for name in ([field] if field else FIELDS) if row.get(name) is not None), None)
    if field is None:
        return None, words, None
    if isinstance(row[field], dict):
        return "CLUENER", words, list(mentions(row, field))
    items = json_file.expect(row[field], list, f"{row.origin}, {field}")
    if any(isinstance(item, dict) for item in items):
        return ("doccano" if any("start_offset" in item for item in items if isinstance(item, dict)) else "objects"), words, items
    return "lists", words, items


def label_studio(row: Row, text: str) -> tuple[str, list | None]:
    """(text, objects) of a task that Label Studio exported; None in place of objects where nobody annotated it."""
    data = Row(row["data"], f"{row.origin}, data", row.number)
    texts = [name for name, value in data.items() if isinstance(value, str)]
    words = data.text(text if text in data or len(texts) != 1 else texts[0])
    field = "annotations" if row.get("annotations") is not None else "completions"
    answers = []
    for number, annotation in enumerate(json_file.expect(row.get(field) or [], list, f"{row.origin}, {field}")):
        origin = f"{row.origin}, {field}[{number}]"
        annotation = json_file.expect(annotation, dict, origin)
        if not annotation.get("was_cancelled"):
            answers.append(list(results(json_file.expect(annotation["result"], list, f"{origin}, result"), origin)))
    if any(answer != answers[0] for answer in answers):
        raise InputError(f"{row.origin}: {len(answers)} annotations that differ. Keep the right one, or cancel the others.")
    return words, answers[0] if answers else None


def results(items: list, origin: str) -> Iterator[dict]:
    """Yields {"start", "end", "labels", "text"} of the results that label characters; relations and choices are no entities."""
    for item in items:
        item = json_file.expect(item, dict, f"{origin}, result")
        kind = item.get("type", "labels")
        if isinstance(kind, str) and kind.endswith("labels"):
            value = json_file.expect(item["value"], dict, f"{origin}, value")
            offsets = value.get("globalOffsets", value)                 # of marked-up text, start and end name elements
            offsets = json_file.expect(offsets, dict, f"{origin}, globalOffsets")
            yield {"id": item.get("id"), "start": offsets["start"], "end": offsets["end"], "labels": value[kind],
                   "text": value.get("text")}  # fmt: skip


def mentions(row: Row, field: str) -> Iterator[tuple[str, str, object]]:
    """Yields (category, mention, place) of CLUENER's {category: {mention: [[start, end], …]}}."""
    for category, found in row[field].items():
        for mention, places in json_file.expect(found, dict, f"{row.origin}: {category}").items():
            for place in json_file.expect(places, list, f"{row.origin}: {category} {mention!r}"):
                yield category, mention, place


def entities_of(origin: str, text: str, item: object, inclusive: bool = False) -> list[Entity]:
    """The Entities of an item of `taken_apart`: an object may have several labels. Raises InputError for one of no layout."""
    if isinstance(item, tuple):
        category, mention, place = item
        if not (isinstance(place, list) and len(place) == 2):
            raise InputError(f"{origin}: {mention!r} has the place {shorten(place)}. It needs [start, end].")
        return [entity(origin, text, *place, category, mention, True)]
    if isinstance(item, dict):
        start, end = next((names for names in OFFSETS if all(name in item for name in names)), (None, None))
        names = next((item[name] for name in NAMES if item.get(name) is not None), None)
        mention = next((item[name] for name in ("text", "entity") if isinstance(item.get(name), str)), None)
        if start is not None and names is not None:
            names = names if isinstance(names, list) else [names]
            return [entity(origin, text, item[start], item[end], name, mention, inclusive) for name in names]
    elif isinstance(item, list) and len(item) in (3, 4):
        return [entity(origin, text, *item[:3], item[3] if len(item) == 4 else None, inclusive)]
    raise InputError(f'{origin}: {shorten(item)} is not an entity in a known layout. Write [start, end, category]: [0, 2, "NAME"].')


def entity(
    origin: str, text: str, start: object, end: object, category: object, mention: str | None, inclusive: bool
) -> Entity:
    """An Entity, checked against its text and, unless None, its `mention`."""
    category = str(category) if type(category) is int else category
    if not (type(start) is type(end) is int and isinstance(category, str) and category.strip()):
        raise InputError(f"{origin}: {shorten([start, end, category])} is not a start, end and category. "
                         'Write whole numbers and a name: [0, 2, "NAME"].')  # fmt: skip
    first, end = end, end + inclusive
    advice = "" if inclusive else f" {INCLUSIVE}"
    if not 0 <= start < end <= len(text):
        fault = f"[{start}, {first}] of {category} is no place in a text of {len(text)} characters."
        raise InputError(f"{origin}: {fault}{advice if start == end else ' Check the offsets.'}")
    if mention is not None and mention != text[start:end]:
        if inclusive:
            advice = " Its end is exclusive: subtract 1." if text[start : end - 1] == mention else " Check the offsets."
        elif text[start : end + 1] != mention:
            advice = " Check the offsets."
        raise InputError(f"{origin}: {shorten(mention)} is not at [{start}, {first}], where {text[start:end]!r} is.{advice}")
    return Entity(start, end, category.strip(), text[start:end])
