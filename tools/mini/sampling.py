"""Seeded choices and template filling. All rest on `random.random()`, whose sequence Python versions share."""

import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

SLOT = re.compile(r"\{([a-z]+)\d?\}")


class Dice:
    """A source of choices. The same seed text gives the same choices on every machine."""

    def __init__(self, seed: str):
        self._random = random.Random(seed)

    def chance(self, rate: float) -> bool:
        return self._random.random() < rate

    def number(self, low: int, high: int) -> int:
        """An int in [low, high]."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, items: Iterable) -> Any:
        items = list(items)
        return items[self.number(0, len(items) - 1)]

    def weighted(self, weights: Mapping) -> Any:
        """A key of {key: weight}, as often as its weight says."""
        point = self._random.random() * sum(weights.values())
        for key, weight in weights.items():
            point -= weight
            if point < 0:
                return key
        return key

    def several(self, items: Iterable, count: int) -> list:
        """`count` different items in random order."""
        return self.shuffled(items)[:count]

    def shuffled(self, items: Iterable) -> list:
        ranked = [(self._random.random(), item) for item in items]
        return [item for _, item in sorted(ranked, key=lambda pair: pair[0])]


def phrases(text: str) -> list[str]:
    """The phrases of a text that separates them by | or line breaks."""
    return [phrase.strip() for phrase in text.replace("\n", "|").split("|") if phrase.strip()]


def fill(template: str, words: Mapping, dice: Dice) -> str:
    """Replace {name} by one of words[name]: twice {name} is twice the same word, {name1} and {name2} are different."""
    chosen = {}
    for slot in SLOT.finditer(template):
        if slot[0] not in chosen:
            chosen[slot[0]] = dice.pick(word for word in words[slot[1]] if word not in chosen.values())
    return SLOT.sub(lambda slot: chosen[slot[0]], template)


def distinct(make: Callable, count: int, key: Callable) -> list:
    """`count` results of make() with different keys. Raises ValueError when the templates do not give that many."""
    found = {}
    for _ in range(50 * count):
        row = make()
        found.setdefault(key(row), row)
        if len(found) == count:
            return list(found.values())
    trials = f"{len(found)} in {50 * count} trials"
    raise ValueError(f"distinct: expected {count} different rows. Received: {trials}. Add words or templates.")


def cut(rows: Iterable, sizes: Mapping) -> dict[str, list]:
    """{file name: its share of rows}, in the order of `sizes` ({file name: count})."""
    rows = iter(rows)
    return {name: [next(rows) for _ in range(count)] for name, count in sizes.items()}


def unlabelled(row: dict, number: int, *fields: str) -> dict:
    """A line of a test file: an id and the texts, no label."""
    return {"id": number} | {field: row[field] for field in fields}
