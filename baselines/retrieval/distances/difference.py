"""Longest common subsequence of two texts with one alignment, to show what is equal and what differs; by rapidfuzz.

>>> difference("北京天气", "北京的天气").pairs
[(0, 0), (1, 1), (2, 3), (3, 4)]
"""

import dataclasses

from rapidfuzz.distance import LCSseq


@dataclasses.dataclass(frozen=True)
class Part:
    """first[start:end] and second[start:end] of two texts, equal or not; of what only one has, the other's is empty."""

    equal: bool
    first: str
    second: str


@dataclasses.dataclass(frozen=True)
class Difference:
    """length of the subsequence, its (place in first, place in second) pairs, and the parts of both texts in order."""

    length: int
    pairs: list[tuple[int, int]]
    parts: list[Part]


def difference(first, second):
    """The Difference of two texts."""
    pairs, parts = [], []
    for step in LCSseq.opcodes(first, second):
        if step.tag == "equal":
            pairs += zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)
        parts.append(Part(step.tag == "equal", first[step.src_start : step.src_end], second[step.dest_start : step.dest_end]))
    return Difference(len(pairs), pairs, parts)


def marked(difference):
    """One line of both texts: [-only in the first-]{+only in the second+}, as `git diff --word-diff` shows it."""
    found = []
    for part in difference.parts:
        if part.equal:
            found.append(part.first)
            continue
        found += [f"[-{part.first}-]"] * bool(part.first) + [f"{{+{part.second}+}}"] * bool(part.second)
    return "".join(found)
