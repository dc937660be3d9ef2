"""Rerank: a request, one that means the same, and others about the same thing or with the same wish that do not.

{"query": "怎么预约球场", "text": "想订一下球馆的场地，该怎么弄", "negative": ["球场怎么收费", "如何预约会议室"]}
Test lines are candidates without grades.
"""

from collections.abc import Sequence

from tools.mini.sampling import Dice, cut
from tools.mini.synonyms import THINGS, WISHES

FOLDER = "rerank"
SIZES = {"train.jsonl": 200, "dev.jsonl": 60, "test.jsonl": 20}
NEGATIVES = 3


def say(thing: Sequence[str], wish: Sequence[str], dice: Dice) -> str:
    return dice.pick(wish).replace("{thing}", dice.pick(thing))


def row(thing: int, wish: int, dice: Dice) -> dict:
    """A request with its candidates. Half of the wrong ones share the thing, half the wish."""
    ways = dice.several(WISHES[wish], 2)
    query, text = (way.replace("{thing}", dice.pick(THINGS[thing])) for way in ways)
    other_wishes = [number for number in range(len(WISHES)) if number != wish]
    other_things = [number for number in range(len(THINGS)) if number != thing]
    wrong = [say(THINGS[thing], WISHES[number], dice) for number in dice.several(other_wishes, 2)]
    wrong += [say(THINGS[number], WISHES[wish], dice) for number in dice.several(other_things, NEGATIVES - 2)]
    return {"query": query, "text": text, "negative": wrong}


def files() -> dict[str, list]:
    dice = Dice("rerank")
    meanings = dice.shuffled([(thing, wish) for thing in range(len(THINGS)) for wish in range(len(WISHES))])
    rows, seen = [], set()
    for thing, wish in meanings:
        made = row(thing, wish, dice)
        if made["query"] not in seen:
            seen.add(made["query"])
            rows.append(made)
    split = cut(rows[: sum(SIZES.values())], SIZES)
    split["test.jsonl"] = [
        {"query": made["query"], "text": dice.shuffled([made["text"], *made["negative"]])} for made in split["test.jsonl"]
    ]
    return split
