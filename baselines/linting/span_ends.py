"""Half-open or closed: do the ends of gold spans lie one character short, or one too far? A suspicion from the texts alone.

The same name stands in many texts. What follows a whole name differs from text to text, and its last character does
not. If instead one character follows it nearly always (北京 市), ends are one short; if the last character differs
nearly always (北京市 的, 北京市 有), they are one too far.
"""

import collections

from baselines.linting import limits
from baselines.linting.findings import COSTS, OK, Finding

SHORT = "Ends seem to lie one character short: are they closed, [start, end], in the file? Half-open ones are expected."
FAR = "Ends seem to lie one character too far: do offsets count from 1, or is a closed end read as half-open plus one?"


def check_ends(pairs):
    """A Finding for {split: [(example, span)]}."""
    values, verdicts = {}, []
    for name, found in pairs.items():
        distinct = {(example.texts[span.text_index], span.start, span.end) for example, span in found}
        distinct = [each for each in distinct if 0 <= each[1] < each[2] <= len(each[0])]
        after = agreement((text[start:end], text[end : end + 1]) for text, start, end in distinct)
        last = agreement((text[start : end - 1], text[end - 1]) for text, start, end in distinct if end - start > 2)
        verdict = judge(after, last)
        values[name] = verdict or ("as expected" if after is not None and last is not None else "too few to tell")
        verdicts.append(verdict)
    advice = " ".join(dict.fromkeys({"one short": SHORT, "one too far": FAR}[verdict] for verdict in verdicts if verdict))
    return Finding("ends of spans", values, COSTS if any(verdicts) else OK, advice)


def judge(after, last):
    """"one short", "one too far" or None, from the two agreements; None is none."""
    if after is not None and after > limits.AGREEMENT:
        return "one short"
    if last is not None and last < limits.DISAGREEMENT:
        return "one too far"
    return None


def agreement(pairs):
    """How often two occurrences of the same words go with the same character, as a mean over words; None for too few words.

    pairs   (words, character), one per occurrence
    """
    groups = collections.defaultdict(collections.Counter)
    for words, character in pairs:
        groups[words][character] += 1
    repeated = [counted for counted in groups.values() if counted.total() > 1]
    if len(repeated) < limits.FEWEST_REPEATED:
        return None
    rates = [sum(n * (n - 1) for n in counted.values()) / (counted.total() * (counted.total() - 1)) for counted in repeated]
    return sum(rates) / len(rates)
