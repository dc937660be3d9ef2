"""Examples that occur twice: within a split, across splits, and with different gold.

Two examples are the same after normalization if NFKC, lower case and the removal of spaces make their texts equal.
"""

import collections
import itertools
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from baselines.linting import limits
from baselines.linting.findings import Finding, Section, Share, judge_shares, locate
from baselines.linting.measured_split import MeasuredSplit
from baselines.task import Example

LEAK = "The score on them is that of memorized examples: remove them from {}."
CONFLICT = "At most one of the gold answers is right: decide, or remove the examples."


def check_duplicates(splits: Sequence[MeasuredSplit]) -> Section:
    """Reports repeated, leaked and contradictory examples; the first split is the one to learn from."""
    exact = {split.name: group_by(split.examples, exact_key) for split in splits}
    loose = {split.name: group_by(split.examples, loose_key) for split in splits}
    labeled = [split for split in splits if split.has_gold]
    findings = drop_equal(repeats("repeated", labeled, exact), repeats("repeated after normalization", labeled, loose))
    findings.append(conflicts(labeled, loose))
    for other in labeled:                                               # two versions of a test file share what they like
        later = splits[splits.index(other) + 1 :]
        if not later:
            break
        findings += drop_equal(overlap(f"also in {other.name}", later, exact, other),
                               overlap(f"also in {other.name} after normalization", later, loose, other))  # fmt: skip
        if any(split.has_gold for split in later):
            findings.append(conflicts_across(other, [split for split in later if split.has_gold], loose))
    return Section("duplicates", findings)


def drop_equal(exact: Finding, loose: Finding) -> list[Finding]:
    """Both findings, or the first where normalization changes nothing."""
    return [exact] if exact.values == loose.values else [exact, loose]


def exact_key(example: Example) -> tuple[str, ...]:
    return example.texts


def loose_key(example: Example) -> tuple[str, ...]:
    return tuple(map(normalize, example.texts))


def normalize(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def group_by(examples: Iterable[Example], key: Callable) -> dict:
    """{key: [examples that have it]}."""
    groups = collections.defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    return groups


def gold_texts(examples: Iterable[Example]) -> set[str]:
    """The different gold answers of some examples, as text: they may be lists."""
    return {repr(example.gold) for example in examples}


def repeats(what: str, splits: Sequence[MeasuredSplit], groups: dict) -> Finding:
    """Examples that their own split has already."""
    values = {split.name: Share(len(split) - len(groups[split.name]), len(split)) for split in splits}
    again = [group for split in splits for group in itertools.islice((g for g in groups[split.name].values() if g[1:]), 3)]
    where = [f"{locate(one)} = {other.origin}" for one, other, *_ in again]
    return judge_shares(what, values, limits.REPEATED, "Keep one of each.", where)


def conflicts(splits: Sequence[MeasuredSplit], groups: dict) -> Finding:
    """Examples whose own split has the same texts with another gold."""
    values, where = {}, []
    for split in splits:
        torn = [group for group in groups[split.name].values() if len(group) > 1 and len(gold_texts(group)) > 1]
        values[split.name] = Share(sum(map(len, torn)), len(split))
        where += [f"{locate(group[0])}: {format_golds(group)}" for group in torn[:3]]
    return judge_shares("the same with different gold", values, limits.CONFLICTS, CONFLICT, where)


def overlap(what: str, splits: Sequence[MeasuredSplit], groups: dict, other: MeasuredSplit) -> Finding:
    """Examples of each split whose texts another split has."""
    values, where = {}, []
    for split in splits:
        common = [key for key in groups[split.name] if key in groups[other.name]]
        values[split.name] = Share(sum(len(groups[split.name][key]) for key in common), len(split))
        where += [f"{locate(groups[split.name][key][0])} = {groups[other.name][key][0].origin}" for key in common[:3]]
    return judge_shares(what, values, limits.LEAKED, LEAK.format(other.name), where)


def conflicts_across(other: MeasuredSplit, splits: Sequence[MeasuredSplit], groups: dict) -> Finding:
    """Examples of each split that another split has, but never with the gold that they have here."""
    values, where = {}, []
    for split in splits:
        torn = []
        for key, examples in groups[split.name].items():
            known = gold_texts(groups[other.name].get(key, ()))
            torn += [(example, key) for example in examples if known and repr(example.gold) not in known]
        values[split.name] = Share(len(torn), len(split))
        where += [f"{locate(example)}: {format_golds([example, *groups[other.name][key]])}" for example, key in torn[:3]]
    return judge_shares(f"also in {other.name} with another gold", values, limits.CONFLICTS_ACROSS, CONFLICT, where)


def format_golds(examples: Iterable[Example]) -> str:
    """ "train.json:3 says '1', dev.json:8 says '0'", one example per gold."""
    each = {repr(example.gold): example for example in examples}
    return ", ".join(f"{example.origin} says {gold if len(gold) < 60 else gold[:60] + '…'}" for gold, example in each.items())
