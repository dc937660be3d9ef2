"""What an extraction model may find: types of entities, relations between them, events with roles. Written as schema.yaml.

    entities: [人物, 作品, 日期]
    relations:
      - {predicate: 导演, subject: 作品, object: 人物}
    events:
      - {type: 裁员, roles: [时间, 裁员方, 裁员人数]}

Each part may be left out. Types that only relations name are types of entities too.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

from baselines.errors import InputError, excerpt, nearest
from baselines.storage.yaml_files import read_yaml

PARTS = ("entities", "relations", "events")
OF, TO, ROLE = ": ", " → ", " › "
"""Separators in the names of relations and roles among a run's labels: "导演: 作品 → 人物", "裁员 › 裁员方"."""


@dataclasses.dataclass(frozen=True)
class Relation:
    """A predicate between an entity of type `subject` and one of type `object`."""

    predicate: str
    subject: str
    object: str


@dataclasses.dataclass(frozen=True)
class Event:
    """A type of event and the roles that its arguments may have."""

    type: str
    roles: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Schema:
    """What may be found; `entities` includes the types that relations name."""

    entities: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        """(event type, role) of all events, in order."""
        return tuple((event.type, role) for event in self.events for role in event.roles)

    @property
    def span_names(self) -> tuple[str, ...]:
        """A name for each label of a span: the entity types, then "event type › role"."""
        return (*self.entities, *map(ROLE.join, self.roles))

    @property
    def label_names(self) -> tuple[str, ...]:
        """All of the schema as names, which a run keeps as its labels: `from_labels` reads them."""
        return (*self.span_names, *(f"{each.predicate}{OF}{each.subject}{TO}{each.object}" for each in self.relations))

    def facts(self, extraction: Mapping) -> set[tuple]:
        """(name among `label_names`, places …) of each entity, argument and relation of an extraction."""
        found = {(entity["type"], entity["start"], entity["end"]) for entity in extraction["entities"]}
        for event in extraction["events"]:
            found |= {(ROLE.join((event["type"], each["role"])), each["start"], each["end"]) for each in event["arguments"]}
        for each in extraction["relations"]:
            subject, thing = each["subject"], each["object"]
            name = f"{each['predicate']}{OF}{subject['type']}{TO}{thing['type']}"
            found.add((name, subject["start"], subject["end"], thing["start"], thing["end"]))
        return found

    @classmethod
    def from_labels(cls, names: Iterable[str]) -> "Schema":
        """The schema whose `label_names` these are."""
        entities, relations, events = [], [], {}
        for name in names:
            if TO in name:
                predicate, _, pair = name.partition(OF)
                relations.append(Relation(predicate, *pair.split(TO)))
            elif ROLE in name:
                kind, role = name.split(ROLE)
                events.setdefault(kind, []).append(role)
            else:
                entities.append(name)
        return cls(tuple(entities), tuple(relations), tuple(Event(kind, tuple(roles)) for kind, roles in events.items()))

    @classmethod
    def of(cls, values: Mapping, origin: str = "schema") -> "Schema":
        """The schema of the mapping in a schema.yaml. Raises InputError, which begins with `origin`."""
        unknown = next((name for name in values if name not in PARTS), None)
        if unknown is not None:
            raise InputError(f"{origin}: unknown part {excerpt(str(unknown))!r}. {nearest(str(unknown), PARTS)}")
        entities = [_name(name, f"{origin}, entities") for name in _list(values.get("entities"), f"{origin}, entities")]
        relations, events = [], []
        for number, item in enumerate(_list(values.get("relations"), f"{origin}, relations")):
            relations.append(Relation(**_fields(item, ("predicate", "subject", "object"), f"{origin}, relations[{number}]")))
        for number, item in enumerate(_list(values.get("events"), f"{origin}, events")):
            where = f"{origin}, events[{number}]"
            if not isinstance(item, Mapping) or set(item) != {"type", "roles"}:
                raise InputError(f"{where}: {excerpt(repr(item))} is not an event. Write {{type: NAME, roles: [NAME, …]}}.")
            roles = tuple(_name(role, f"{where}, roles") for role in _list(item["roles"], f"{where}, roles"))
            if not roles:
                raise InputError(f"{where}: no roles. Give at least one: an event is found by its arguments.")
            _different(roles, f"{where}, roles")
            events.append(Event(_name(item["type"], f"{where}, type"), roles))
        _different(entities, f"{origin}, entities")
        _different(relations, f"{origin}, relations")
        _different([event.type for event in events], f"{origin}, events")
        named = (name for relation in relations for name in (relation.subject, relation.object))
        schema = cls(tuple(dict.fromkeys(itertools.chain(entities, named))), tuple(relations), tuple(events))
        return schema.checked(f"{origin}: no entities, relations or events. Give at least one.")

    @classmethod
    def read(cls, path: str | Path) -> "Schema":
        """The schema of a file. Raises InputError."""
        return cls.of(read_yaml(path, "entities: [人物, 作品]"), str(path))

    @classmethod
    def discover(cls, extractions: Iterable[Mapping], origin: str) -> "Schema":
        """The schema of all that occurs in gold, sorted by code point. Raises InputError where nothing does."""
        entities, relations, events = set(), set(), {}
        for extraction in extractions:
            entities.update(entity["type"] for entity in extraction["entities"])
            for each in extraction["relations"]:
                relations.add((each["predicate"], each["subject"]["type"], each["object"]["type"]))
            for event in extraction["events"]:
                events.setdefault(event["type"], set()).update(argument["role"] for argument in event["arguments"])
        entities |= {name for relation in relations for name in relation[1:]}
        schema = cls(
            tuple(sorted(entities)),
            tuple(Relation(*fields) for fields in sorted(relations)),
            tuple(Event(kind, tuple(sorted(roles))) for kind, roles in sorted(events.items()) if roles),
        )
        return schema.checked(f"{origin}: no entities, relations or events to learn from. Annotate some, or name another file.")

    def checked(self, empty: str) -> "Schema":
        """The schema itself. Raises InputError with `empty` where it has nothing to find, and for names that hold a separator."""
        if not self.span_names:
            raise InputError(empty)
        for name in (*self.entities, *(each.predicate for each in self.relations), *itertools.chain(*self.roles)):
            separator = next((separator for separator in (OF, TO, ROLE) if separator in name), None)
            if separator:
                raise InputError(f"the name {excerpt(name)!r} holds {separator!r}, which separates names in a schema. Rename it.")
        return self

    def to_dict(self) -> dict:
        """The mapping that `of` reads."""
        return {
            "entities": list(self.entities),
            "relations": [dataclasses.asdict(relation) for relation in self.relations],
            "events": [{"type": event.type, "roles": list(event.roles)} for event in self.events],
        }

    def check(self, extraction: Mapping) -> None:
        """Raises InputError for a type, predicate or role that is not in the schema."""
        for entity in extraction["entities"]:
            _known(entity["type"], self.entities, "entity type")
        relations = {(each.predicate, each.subject, each.object) for each in self.relations}
        for each in extraction["relations"]:
            _known(each["predicate"], [relation.predicate for relation in self.relations], "predicate")
            subject, thing = each["subject"]["type"], each["object"]["type"]
            if (each["predicate"], subject, thing) not in relations:
                expected = ", ".join(f"{one} and {other}" for name, one, other in sorted(relations) if name == each["predicate"])
                raise InputError(
                    f"{each['predicate']!r} is between {expected}. Received: {subject} and {thing}. Correct the types, "
                    "or add the relation to the schema."
                )
        roles = {event.type: event.roles for event in self.events}
        for event in extraction["events"]:
            _known(event["type"], roles, "event type")
            for argument in event["arguments"]:
                _known(argument["role"], roles[event["type"]], f"role of {event['type']}")


def _known(name, known, what):
    if name not in known:
        raise InputError(f"the schema has no {what} {excerpt(name)!r}. {nearest(name, known)}")


def _list(value, origin):
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(f"{origin}: expected a list. Received: {excerpt(repr(value))}. Write [one, two].")
    return value


def _name(value, origin):
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{origin}: expected a name. Received: {excerpt(repr(value))}. Put quotes around numbers.")
    return value.strip()


def _fields(item, names, origin):
    if not isinstance(item, Mapping) or set(item) != set(names):
        missing = [name for name in names if not isinstance(item, Mapping) or name not in item]
        fault = f"{', '.join(missing)} missing" if missing else "too many fields"
        raise InputError(f"{origin}: {fault} in {excerpt(repr(item))}. Write {{{', '.join(f'{name}: NAME' for name in names)}}}.")
    return {name: _name(item[name], f"{origin}, {name}") for name in names}


def _different(items, origin):
    twice = next((item for index, item in enumerate(items) if item in items[:index]), None)
    if twice is not None:
        raise InputError(f"{origin}: {twice if isinstance(twice, str) else dataclasses.asdict(twice)} is given twice. Remove one.")
