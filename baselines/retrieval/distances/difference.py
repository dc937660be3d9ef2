"""Longest common subsequence of two texts with one alignment, to show what is equal and what differs; by rapidfuzz.

>>> difference("北京天气", "北京的天气").pairs
[(0, 0), (1, 1), (2, 3), (3, 4)]
"""

import dataclasses

from rapidfuzz.distance import LCSseq


@dataclasses.dataclass(frozen=True)
class TextPart:
    """A part of two texts, equal or not; where only one text has it, the other's is empty."""

    equal: bool
    first: str
    second: str


@dataclasses.dataclass(frozen=True)
class Difference:
    """How two texts differ.

    Args:
        length: Length of their longest common subsequence.
        pairs: Its (position in the first, position in the second) pairs.
        parts: The parts of both texts in order.
    """

    length: int
    pairs: list[tuple[int, int]]
    parts: list[TextPart]


def difference(first: str, second: str) -> Difference:
    """Compares two texts."""
    pairs, parts = [], []
    for step in LCSseq.opcodes(first, second):
        if step.tag == "equal":
            pairs += zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)
        parts.append(TextPart(step.tag == "equal", first[step.src_start : step.src_end], second[step.dest_start : step.dest_end]))
    return Difference(len(pairs), pairs, parts)


def marked(difference: Difference) -> str:
    """One line of both texts: [-only in the first-]{+only in the second+}, as `git diff --word-diff` shows it."""
    marks = []
    for part in difference.parts:
        if part.equal:
            marks.append(part.first)
            continue
        marks += [f"[-{part.first}-]"] * bool(part.first) + [f"{{+{part.second}+}}"] * bool(part.second)
    return "".join(marks)
