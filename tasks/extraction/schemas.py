"""The schemas of LIC2020, which name all relations and roles: a line of JSON for each relation or event type.

{"predicate": "上映时间", "subject_type": "作品", "object_type": {"@value": "时间", "inArea": "地点"}}    1.0: "object_type": "时间"
{"event_type": "裁员", "role_list": [{"role": "裁员方"}, {"role": "时间"}]}
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from baselines.data.readers import json_file, json_lines
from baselines.data.readers.record import shorten
from baselines.errors import InputError, nearest
from tasks.extraction.common import text_of
from tasks.extraction.triples import VALUE, Slot


def read_relations(path: str | Path) -> list[Slot]:
    """The labels of a schema of DuIE. Raises InputError for a line that is no relation."""
    found = []
    for row in json_lines.read(path):
        predicate, subject_type = (text_of(row, name, row.origin) for name in ("predicate", "subject_type"))
        kinds = row.get("object_type")
        kinds = {"": kinds} if isinstance(kinds, str) else kinds
        if not isinstance(kinds, Mapping) or not kinds or not all(isinstance(kind, str) for kind in kinds.values()):
            raise InputError(f"{row.origin}: object_type is {shorten(row.get('object_type'))}. Give a text, or a text per slot.")
        if "" not in kinds and VALUE not in kinds:
            raise InputError(f"{row.origin}: the object of {predicate!r} has no {VALUE!r}, only {', '.join(kinds)}. Add it.")
        found += [Slot(predicate, subject_type, kind, slot) for slot, kind in kinds.items()]
    return found


def read_roles(path: str | Path) -> list[tuple[str, str]]:
    """(event type, role) of a schema of DuEE. Raises InputError for a line that is no event type."""
    found = []
    for row in json_lines.read(path):
        kind = text_of(row, "event_type", row.origin)
        roles = json_file.expect(row.get("role_list"), list, f"{row.origin}, role_list")
        found += [(kind, text_of(role, "role", f"{row.origin}, role_list[{number}]")) for number, role in enumerate(roles)]
    return found


def check_relation(label: Slot, known: Collection[Slot], schema: str | None) -> None:
    """Raises InputError for a label that is not `known`, and says which part of it is new.

    Args:
        label: Of a triple.
        known: The labels of a schema, or of the training file.
        schema: The file of the schema; None: `known` comes from the training file.
    """
    if label in known:
        return
    source, advice = named(schema)
    same = [slot for slot in known if slot.predicate == label.predicate]
    if not same:
        advice = f"{nearest(label.predicate, {slot.predicate for slot in known})} {advice}"
        fault = f"no predicate {label.predicate!r} in {source}."
    elif bool(label.slot) != bool(same[0].slot):
        one, other = ("has slots (DuIE 2.0)" if slot else "is a text (DuIE 1.0)" for slot in (label.slot, same[0].slot))
        raise InputError(f"the object of {label.predicate!r} {one}, in {source} it {other}. Use files of one year.")
    elif label.slot not in [slot.slot for slot in same]:
        slots = ", ".join(slot.slot for slot in same)
        fault = f"the object of {label.predicate!r} has no slot {label.slot!r} in {source}, only {slots}."
    else:
        ends = ", ".join(f"{slot.subject_type} and {slot.object_type}" for slot in same if slot.slot == label.slot)
        fault = f"{label.predicate!r} is between {ends} in {source}. Received: {label.subject_type} and {label.object_type}."
    raise InputError(f"{fault} {advice}".strip())


def check_role(event: str, role: str, known: Collection[tuple[str, str]], schema: str | None) -> None:
    """Raises InputError for an event type or a role that is not `known`, as `check_relation`."""
    if (event, role) in known:
        return
    source, advice = named(schema)
    roles = sorted(each for kind, each in known if kind == event)
    if roles:
        fault = f"{event!r} has no role {role!r} in {source}. {nearest(role, roles)}"
    else:
        fault = f"no event type {event!r} in {source}. {nearest(event, {kind for kind, _ in known})}"
    raise InputError(f"{fault} {advice}".strip())


def named(schema: str | None) -> tuple[str, str]:
    """(what names the labels, what to do about one that it does not name) for a message."""
    return (schema, "") if schema else ("the training file", "Name all of the contest with --schema FILE.")
