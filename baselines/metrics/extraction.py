"""What is extracted from a text (entities, relations, events), and its F1 over exact characters.

An extraction is plain Python, as predictions and JSON lines hold it; lists are in the order of the text:

    {"entities": [{"type": "人物", "start": 0, "end": 3, "text": "许知秋"}],
     "relations": [{"predicate": "导演", "subject": {"type": "作品", "start": …}, "object": {…}}],
     "events": [{"type": "裁员", "arguments": [{"role": "裁员方", "start": 0, "end": 4, "text": "青禾科技"}]}]}

Predictions have a "confidence" beside; scores do not read it.
"""

import collections
from collections.abc import Mapping, Sequence

from baselines.metrics.spans import f1


def extraction_f1(golds: Sequence[Mapping], predictions: Sequence[Mapping]) -> dict[str, float]:
    """Micro F1 of exact characters, each in [0, 1], for the kinds that occur.

    Args:
        golds: Extractions, one per example.
        predictions: Extractions in the same order.

    Returns:
        {"micro_f1": of all facts of the kinds below together,
         "entity_f1": (type, characters),
         "relation_f1": (predicate, characters of subject and object),
         "relation_f1_typed": the same with the types of both,
         "argument_f1": (event type, role, characters),
         "argument_f1_untyped": (role, characters),
         "event_f1": the type and all arguments of an event}. micro_f1 counts entities, relations and arguments, with types.

    Raises:
        ValueError: There is not one prediction per gold, or none at all.
    """
    if len(golds) != len(predictions) or not golds:
        raise ValueError(f"extraction_f1: {len(golds)} gold and {len(predictions)} predicted items. Give one prediction per gold.")
    counts = collections.defaultdict(collections.Counter)
    for gold, predicted in zip(map(facts, golds), map(facts, predictions), strict=True):
        for name in gold:
            counts[name].update(gold=len(gold[name]), predicted=len(predicted[name]), right=len(gold[name] & predicted[name]))
    scores = {name: f1(**count) for name, count in counts.items() if count["gold"] or count["predicted"]}
    micro = f1(**sum((counts[name] for name in ("entity_f1", "relation_f1_typed", "argument_f1")), collections.Counter()))
    return {"micro_f1": micro, **scores}


def facts(extraction: Mapping) -> dict[str, set]:
    """{name of a score: the facts of an extraction that it counts}."""
    relations, events = extraction.get("relations", ()), extraction.get("events", ())
    plain = {(relation["predicate"], *place(relation["subject"]), *place(relation["object"])): relation for relation in relations}
    arguments = [(event["type"], argument) for event in events for argument in event["arguments"]]
    return {
        "entity_f1": {(entity["type"], *place(entity)) for entity in extraction.get("entities", ())},
        "relation_f1": set(plain),
        "relation_f1_typed": {(*fact, each["subject"]["type"], each["object"]["type"]) for fact, each in plain.items()},
        "argument_f1": {(kind, argument["role"], *place(argument)) for kind, argument in arguments},
        "argument_f1_untyped": {(argument["role"], *place(argument)) for _, argument in arguments},
        "event_f1": {
            (event["type"], frozenset((argument["role"], *place(argument)) for argument in event["arguments"])) for event in events
        },
    }


def place(part: Mapping) -> tuple[int, int]:
    """Characters [start, end)."""
    return part["start"], part["end"]


def ordered(extraction: Mapping) -> dict[str, list]:
    """The same extraction with its lists in the order of the text."""
    return {
        "entities": sorted(extraction["entities"], key=lambda entity: (*place(entity), entity["type"])),
        "relations": sorted(
            extraction["relations"], key=lambda each: (*place(each["subject"]), *place(each["object"]), each["predicate"])
        ),
        "events": sorted(
            ({**event, "arguments": sorted(event["arguments"], key=by_place)} for event in extraction["events"]),
            key=lambda event: ([by_place(argument) for argument in event["arguments"]], event["type"]),
        ),
    }


def by_place(argument: Mapping) -> tuple[int, int, str]:
    return (*place(argument), argument["role"])
