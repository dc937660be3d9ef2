"""Half-open or closed: do the ends of gold spans lie one character short, or one too far? A suspicion from the texts alone.

The same name stands in many texts. What follows a whole name differs from text to text, and its last character does
not. If instead one character follows it nearly always (北京 市), and then no longer, ends are one short; if the last
character differs nearly always (北京市 的, 北京市 有), and the one before it does not, they are one too far.
"""

import collections
from collections.abc import Iterable

from baselines.linting import limits
from baselines.linting.findings import ERROR, OK, Finding
from baselines.task import Example, Span

SHORT = "Ends seem to lie one character short: are they closed, [start, end], in the file? Half-open ones are expected."
FAR = "Ends seem to lie one character too far: do offsets count from 1, or is a closed end read as half-open plus one?"


def check_ends(pairs: dict[str, list[tuple[Example, Span]]]) -> Finding:
    """A Finding for {split: [(example, span)]}."""
    values, verdicts = {}, []
    for name, found in pairs.items():
        distinct = dict.fromkeys((example.texts[span.text_index], span.start, span.end) for example, span in found)
        distinct = [each for each in distinct if 0 <= each[1] < each[2] <= len(each[0])]
        _, last, after, _ = around = [agreement_at(distinct, offset) for offset in (-2, -1, 0, 1)]
        verdict = judge(*around)
        values[name] = verdict or ("too few to tell" if None in (last, after) else "as expected")
        verdicts.append(verdict)
    advice = " ".join(dict.fromkeys({"one short": SHORT, "one too far": FAR}[verdict] for verdict in verdicts if verdict))
    return Finding("ends of spans", values, ERROR if any(verdicts) else OK, advice)


def judge(before: float | None, last: float | None, after: float | None, beyond: float | None) -> str | None:
    """"one short", "one too far" or None, from the agreements of the last two characters and of the two that follow."""
    if None not in (after, beyond) and after > limits.AGREEMENT > beyond:
        return "one short"
    if None not in (before, last) and last < limits.DISAGREEMENT and before > limits.AGREEMENT:
        return "one too far"
    return None


def agreement_at(spans: list[tuple[str, int, int]], offset: int) -> float | None:
    """The agreement of the character `offset` behind the end of (text, start, end) spans with all of the span before it."""
    places = ((text, start, end + offset) for text, start, end in spans)
    return agreement((text[start:place], text[place : place + 1]) for text, start, place in places if place - start > 1)


def agreement(pairs: Iterable[tuple[str, str]]) -> float | None:
    """How often two occurrences of the same words go with the same character, as a mean over words; None for too few words.

    Args:
        pairs: (words, character), one per occurrence.
    """
    groups = collections.defaultdict(collections.Counter)
    for words, character in pairs:
        groups[words][character] += 1
    repeated = [counts for counts in groups.values() if counts.total() > 1]
    if len(repeated) < limits.MIN_REPEATED:
        return None
    rates = [sum(n * (n - 1) for n in counts.values()) / (counts.total() * (counts.total() - 1)) for counts in repeated]
    return sum(rates) / len(rates)
