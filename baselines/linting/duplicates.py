"""Examples that occur twice: within a split, across splits, and with different gold.

Two examples are the same after normalisation if NFKC, lower case and the removal of spaces make their texts equal.
"""

import collections
import itertools
import unicodedata

from baselines.linting import limits
from baselines.linting.findings import Section, Share, place, shares

LEAK = "Scores on them tell what was learnt by heart: remove them from {}."
CONFLICT = "At most one of the golds can be right: decide, or remove the examples."


def check(splits):
    """The Section of a list of Splits, of which the first is the one to learn from."""
    exact = {split.name: grouped(split.examples, exact_key) for split in splits}
    loose = {split.name: grouped(split.examples, loose_key) for split in splits}
    labelled = [split for split in splits if split.has_gold]
    findings = distinct(within("repeated", labelled, exact), within("repeated after normalisation", labelled, loose))
    findings.append(conflicting(labelled, loose))
    for other in labelled:                                              # two versions of a test file share what they like
        later = splits[splits.index(other) + 1 :]
        if not later:
            break
        findings += distinct(overlap(f"also in {other.name}", later, exact, other),
                             overlap(f"also in {other.name} after normalisation", later, loose, other))  # fmt: skip
        if any(split.has_gold for split in later):
            findings.append(conflicting_overlap(other, [split for split in later if split.has_gold], loose))
    return Section("duplicates", findings)


def distinct(exact, loose):
    """Both findings, or the first where normalisation changes nothing."""
    return [exact] if exact.values == loose.values else [exact, loose]


def exact_key(example):
    return example.texts


def loose_key(example):
    return tuple(map(normalised, example.texts))


def normalised(text):
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def grouped(examples, key):
    """{key: [examples that have it]}."""
    groups = collections.defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    return groups


def golds(examples):
    """The different golds of some examples, as text: they may be lists."""
    return {repr(example.gold) for example in examples}


def within(what, splits, groups):
    values = {split.name: Share(len(split) - len(groups[split.name]), len(split)) for split in splits}
    again = [group for split in splits for group in itertools.islice((g for g in groups[split.name].values() if g[1:]), 3)]
    where = [f"{place(one)} = {other.origin}" for one, other, *_ in again]
    return shares(what, values, limits.REPEATED, "Keep one of each.", where)


def conflicting(splits, groups):
    """Examples whose own split has the same texts with another gold."""
    values, where = {}, []
    for split in splits:
        found = [group for group in groups[split.name].values() if len(group) > 1 and len(golds(group)) > 1]
        values[split.name] = Share(sum(map(len, found)), len(split))
        where += [f"{place(group[0])}: {against(group)}" for group in found[:3]]
    return shares("the same with different gold", values, limits.CONFLICTS, CONFLICT, where)


def overlap(what, splits, groups, other):
    """Examples of each split whose texts another split has."""
    values, where = {}, []
    for split in splits:
        common = [key for key in groups[split.name] if key in groups[other.name]]
        values[split.name] = Share(sum(len(groups[split.name][key]) for key in common), len(split))
        where += [f"{place(groups[split.name][key][0])} = {groups[other.name][key][0].origin}" for key in common[:3]]
    return shares(what, values, limits.LEAKED, LEAK.format(other.name), where)


def conflicting_overlap(other, splits, groups):
    """Examples of each split that another split has, but never with the gold that they have here."""
    values, where = {}, []
    for split in splits:
        found = []
        for key, examples in groups[split.name].items():
            known = golds(groups[other.name].get(key, ()))
            found += [(example, key) for example in examples if known and repr(example.gold) not in known]
        values[split.name] = Share(len(found), len(split))
        where += [f"{place(example)}: {against([example, *groups[other.name][key]])}" for example, key in found[:3]]
    return shares(f"also in {other.name} with another gold", values, limits.CONFLICTS_ACROSS, CONFLICT, where)


def against(examples):
    """"train.json:3 says '1', dev.json:8 says '0'", one example per gold."""
    each = {repr(example.gold): example for example in examples}
    return ", ".join(f"{example.origin} says {gold if len(gold) < 60 else gold[:60] + '…'}" for gold, example in each.items())
