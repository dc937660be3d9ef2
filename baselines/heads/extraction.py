"""The stages of an extraction task around a LinkerHead: gold to cells, outputs to what was found in the user's own characters."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from baselines.heads.entities import EncodedText
from baselines.heads.extraction_schema import Schema
from baselines.heads.linker import TABLES, LinkerHead
from baselines.metrics.extraction import ordered, place
from baselines.task import Example, Span

SPANS, HEADS, TAILS = range(len(TABLES))


class ExtractionHead(LinkerHead):
    """A LinkerHead for a Schema."""

    def __init__(self, schema: Schema):
        labels = {name: number for number, name in enumerate(schema.entities)}
        roles = {role: len(labels) + number for number, role in enumerate(schema.roles)}
        super().__init__(
            len(labels) + len(roles),
            relations=[(labels[each.subject], labels[each.object]) for each in schema.relations],
            events=[tuple(roles[event.type, role] for role in event.roles) for event in schema.events],
        )

    extraction_of: Callable[[Any], Mapping] | None = staticmethod(dict)
    """Gold -> an extraction, for tasks whose gold has another form; None where only a tokenizer can tell its places."""

    def remark(self, examples: Sequence[Example], encoded: Any) -> str:
        """One sentence about gold spans that no token span matches; "" without any."""
        if self.extraction_of is None:
            return ""
        total = sum(len(set(spans_of(self.extraction_of(example.gold)))) for example in examples)
        lost = total - sum(int((encoded.target(row)[:, 0] == SPANS).sum()) for row in range(len(encoded)))
        reason = "they do not align with tokens, or lie beyond --max_length"
        return f"{lost} of {total} spans cannot be predicted: {reason}. See `run.py lint`." if lost else ""

    def format_prediction(self, prediction: Mapping) -> str:
        return summary(prediction)


def encode_extraction(schema: Schema) -> Callable:
    """The `encode` stage: (example, tokenizer, max_length) -> one (features, cells int32 (N, 4) or None)."""
    labels = {name: number for number, name in enumerate((*schema.entities, *schema.roles))}
    links = {(each.predicate, each.subject, each.object): number for number, each in enumerate(schema.relations)}
    same_event = len(links)

    def encode(example, tokenizer, max_length):
        encoded = EncodedText.of(example.texts[0], tokenizer, max_length)
        yield encoded.features, None if example.gold is None else gold_cells(example.gold, encoded.ends)

    def gold_cells(gold, ends):
        def link(number, one, other, sort=False):
            if one and other and one != other:
                for table, pair in zip((HEADS, TAILS), zip(one, other, strict=True), strict=True):
                    cells.add((table, number, *(sorted(pair) if sort else pair)))

        cells = {(SPANS, labels[label], *found) for label, *where in spans_of(gold) if (found := ends(*where))}
        for each in gold["relations"]:
            subject, thing = each["subject"], each["object"]
            link(links[each["predicate"], subject["type"], thing["type"]], ends(*place(subject)), ends(*place(thing)))
        for event in gold["events"]:
            places = [ends(*place(argument)) for argument in event["arguments"]]
            for index, one in enumerate(places):
                for other in places[:index]:
                    link(same_event, one, other, sort=True)
        return np.array(sorted(cells), np.int32).reshape(-1, 4)

    return encode


def spans_of(gold: Mapping) -> Iterator[tuple[Any, int, int]]:
    """Yields (label, start, end) of all spans of an extraction: of entities, of what relations join, of arguments."""
    for entity in gold["entities"]:
        yield entity["type"], *place(entity)
    for each in gold["relations"]:
        for part in (each["subject"], each["object"]):
            yield part["type"], *place(part)
    for event in gold["events"]:
        for argument in event["arguments"]:
            yield (event["type"], argument["role"]), *place(argument)


def decode_extraction(schema: Schema) -> Callable:
    """The `decode` stage: (example, outputs of LinkerHead.compact) -> an extraction with a "confidence" for each span.

    With the loss of the head a span of probability p has the score log(p / (1 - p)) / 2 at best, so p = sigmoid(2 score); that of a
    relation or event is the lowest of its spans.
    """
    entities, roles = len(schema.entities), schema.roles

    def decode(example, outputs):
        (text,), (spans,), (relations,), (events,) = example.texts, outputs["spans"], outputs["relations"], outputs["events"]

        def part(number, kind, name):
            _, start, end, score = spans[number]
            return {kind: name, "start": start, "end": end, "text": text[start:end], "confidence": probability(score)}

        found = {number: part(number, "type", schema.entities[span[0]]) for number, span in enumerate(spans) if span[0] < entities}
        result = {"entities": list(found.values()), "relations": [], "events": []}
        for relation, subject, thing in relations:
            lowest = min(found[subject]["confidence"], found[thing]["confidence"])
            result["relations"].append(
                {"predicate": schema.relations[relation].predicate, "subject": found[subject], "object": found[thing],
                 "confidence": lowest}
            )  # fmt: skip
        for kind, numbers in events:
            arguments = [part(number, "role", roles[spans[number][0] - entities][1]) for number in numbers]
            lowest = min(argument["confidence"] for argument in arguments)
            result["events"].append({"type": schema.events[kind].type, "arguments": arguments, "confidence": lowest})
        return ordered(result)

    return decode


def probability(score: float) -> float:
    """sigmoid(2 score), with four digits."""
    return round(0.5 * (1 + math.tanh(score)), 4)


def extraction_spans(example: Example) -> list[Span]:
    """The `spans` of a task, for lint: gold as Spans of the text."""
    names = {
        (start, end, label if isinstance(label, str) else "/".join(label)) for label, start, end in spans_of(example.gold or EMPTY)
    }
    return [Span(0, *span) for span in sorted(names)]


EMPTY = {"entities": (), "relations": (), "events": ()}


def summary(extraction: Mapping) -> str:
    """An extraction as the text of a table cell."""
    parts = [f"{entity['text']} ({entity['type']})" for entity in extraction["entities"]]
    parts += [f"{each['subject']['text']} –{each['predicate']}→ {each['object']['text']}" for each in extraction["relations"]]
    for event in extraction["events"]:
        arguments = ", ".join(f"{argument['role']} {argument['text']}" for argument in event["arguments"])
        parts.append(f"{event['type']}: {arguments}")
    return "; ".join(parts)
