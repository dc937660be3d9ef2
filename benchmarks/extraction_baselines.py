"""What rules without a model score on extraction data: texts of the training file, looked up in dev. No GPU, no backend, seconds.

    python benchmarks/extraction_baselines.py extraction/duie --train train.json --dev dev.json
    python benchmarks/extraction_baselines.py read --dev dev.json                        # needs no training file

Tasks: extract, extraction/duie, extraction/duee, extraction/dureader, read, segment. Files, gold and scores are those of `run.py
train`. "Seen" repeats facts of train whose texts occur in a dev text. "Longest match" finds known texts first, the longest at each
character, and relates all that train related once. Prints a Markdown table.
"""

import argparse
import collections
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from baselines.errors import InputError
from baselines.experiment.input_files import bind
from baselines.metrics.extraction import ordered
from baselines.plugins.task_catalog import load_task
from baselines.task import Example
from tasks.extraction.triples import labels_of, merge_slots, slots_of

CLAUSE = re.compile(r"[^。！？；，、!?;,\s]+")
Rule = Callable[[Example], Any]


def matches(text: str, known: Collection[str]) -> Iterator[tuple[int, int]]:
    """Yields the longest known text at each place, [start, end); the next one begins behind it."""
    longest, start = max(map(len, known), default=0), 0
    while start < len(text):
        ends = range(min(len(text), start + longest), start, -1)
        end = next((end for end in ends if text[start:end] in known), None)
        if end is not None:
            yield start, end
        start = end or start + 1


def duie_rules(train: Sequence[Example]) -> dict[str, Rule]:
    """Whole triples of train; and of each predicate all known subjects with all known objects."""
    triples = [each for example in train for each in example.gold]
    pairs, subjects, objects = (collections.defaultdict(set) for _ in range(3))
    for each in triples:
        for label, (text, _) in zip(labels_of(each), slots_of(each).values(), strict=True):
            pairs[each["subject"]].add((label, text))
            subjects[label].add(each["subject"])
            objects[label].add(text)

    def seen(example):
        (text,) = example.texts
        return merge_slots(text, [
            (label, *at(text, subject), *at(text, thing)) for subject in pairs if subject in text
            for label, thing in pairs[subject] if thing in text
        ])  # fmt: skip

    def longest(example):
        (text,) = example.texts
        return merge_slots(text, [
            (label, *subject, *thing) for label in subjects for subject in matches(text, subjects[label])
            for thing in matches(text, objects[label]) if subject != thing
        ])  # fmt: skip

    return {"seen triples": seen, "longest match, all pairs of a relation": longest}


def at(text: str, mention: str) -> tuple[int, int]:
    return text.find(mention), text.find(mention) + len(mention)


def duee_rules(train: Sequence[Example]) -> dict[str, Rule]:
    """Known arguments of each event type and role: of all types, or only of those whose trigger is in the text."""
    known, triggers = collections.defaultdict(set), collections.defaultdict(set)
    for example in train:
        for each in example.extra["line"]["event_list"]:
            triggers[each["event_type"]].add(each.get("trigger"))
            for argument in each["arguments"]:
                known[each["event_type"], argument["role"]].add(argument["argument"])

    def longest(example, with_trigger):
        (text,), events = example.texts, collections.defaultdict(dict)
        for (kind, role), mentions in known.items():
            if not with_trigger or any(trigger and trigger in text for trigger in triggers[kind]):
                for start, end in matches(text, mentions):
                    events[kind].setdefault((role, text[start:end]), start)
        return [
            {"event_type": kind, "arguments": [
                {"role": role, "argument": mention, "argument_start_index": start} for (role, mention), start in found.items()
            ]} for kind, found in events.items()
        ]  # fmt: skip

    return {
        "longest match of arguments": lambda example: longest(example, False),
        "the same, of events whose trigger is in the text": lambda example: longest(example, True),
    }


def extract_rules(train: Sequence[Example]) -> dict[str, Rule]:
    """Known names with their most frequent type, and relations between two of them that train has."""
    kinds, relations, roles = collections.defaultdict(collections.Counter), set(), collections.defaultdict(set)
    for example in train:
        for entity in example.gold["entities"]:
            kinds[entity["text"]][entity["type"]] += 1
        relations |= {(each["predicate"], each["subject"]["text"], each["object"]["text"]) for each in example.gold["relations"]}
        for each in example.gold["events"]:
            for argument in each["arguments"]:
                roles[each["type"]].add((argument["role"], argument["text"]))
    predicates = {predicate for predicate, _, _ in relations}

    def longest(example):
        (text,) = example.texts
        entities = [part(text, place, "type", kinds[text[slice(*place)]].most_common(1)[0][0]) for place in matches(text, kinds)]
        pairs = [
            {"predicate": predicate, "subject": one, "object": other} for one in entities for other in entities
            for predicate in sorted(predicates) if (predicate, one["text"], other["text"]) in relations
        ]  # fmt: skip
        events = []
        for kind, known in roles.items():
            found = [part(text, at(text, mention), "role", role) for role, mention in sorted(known) if mention in text]
            events += [{"type": kind, "arguments": found}] if found else []
        return ordered({"entities": entities, "relations": pairs, "events": events})

    return {"longest match of names, seen relations": longest}


def part(text: str, place: tuple[int, int], kind: str, name: str) -> dict:
    return {kind: name, "start": place[0], "end": place[1], "text": text[slice(*place)]}


def segment_rules(train: Sequence[Example]) -> dict[str, Rule]:
    """The longest known word at each character, else the character; of its most frequent part of speech."""
    tags = collections.defaultdict(collections.Counter)
    for example in train:
        for each in example.gold:
            word, tag = (each, None) if isinstance(each, str) else each
            tags[word][tag] += 1

    def longest(example, known):
        (text,), words = example.texts, []
        places = dict(matches(text, known))
        start = 0
        while start < len(text):
            end = places.get(start, start + 1)
            tag = tags[text[start:end]].most_common(1)[0][0] if text[start:end] in tags else "x"
            words += [] if text[start:end].isspace() else [text[start:end] if tag is None or not tagged else [text[start:end], tag]]
            start = end
        return words

    tagged = any(not isinstance(each, str) for example in train for each in example.gold)
    known = frozenset(tags)
    return {"longest match of words": lambda example: longest(example, known), "characters": lambda example: longest(example, ())}


def reading_rules(_: Sequence[Example]) -> dict[str, Rule]:
    """The clause with the most characters of the question; and no answer at all."""
    def similar(example):
        question, context = example.texts
        return max(CLAUSE.findall(context), key=lambda clause: len(set(clause) & set(question)), default="")

    return {"the clause most similar to the question": similar, "no answer": lambda example: ""}


RULES = {
    "extract": extract_rules, "segment": segment_rules, "read": reading_rules, "extraction/duie": duie_rules,
    "extraction/duee": duee_rules, "extraction/dureader": reading_rules,
}  # fmt: skip


def options_of(task: Any, flags: Mapping[str, Any]) -> Any:
    """The task's Options with the flags that it has. Raises InputError for one that it does not have."""
    unknown = [name for name, value in flags.items() if value and name not in task.options.__dataclass_fields__]
    if unknown:
        raise InputError(f"--{unknown[0]} is no flag of this task.")
    return task.options(**{name: value for name, value in flags.items() if value})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=RULES)
    parser.add_argument("--train", help="the file to look up texts in; tasks that read need none")
    parser.add_argument("--dev", required=True)
    parser.add_argument("--pos", action="store_true", help="segment: parts of speech too")
    parser.add_argument("--impossible", action="store_true", help="read: questions may have no answer")
    parser.add_argument("--inclusive", action="store_true", help="extract: ends are those of the last character")
    flags = vars(parser.parse_args(arguments))
    name, train, dev = flags.pop("task"), flags.pop("train"), flags.pop("dev")
    task = load_task(name)
    task = bind(task, options_of(task, flags), None, Path(train) if train else None)
    examples = {path: [example for example in task.read(Path(path)) if example.gold is not None] for path in (train, dev) if path}
    rules, golds = RULES[name](examples.get(train, ())), [example.gold for example in examples[dev]]
    scores = {rule: task.metric(golds, [predict(example) for example in examples[dev]]) for rule, predict in rules.items()}
    columns = list(next(iter(scores.values())))
    print(f"| rule | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for rule, values in scores.items():
        print(f"| {rule} | {' | '.join(f'{values[column]:.4f}' for column in columns)} |")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"{error}")
