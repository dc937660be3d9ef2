"""How the classes are spread: the largest, rare and missing ones, and whether dev resembles train."""

import collections
import math

from baselines.linting import limits
from baselines.linting.findings import COSTS, LOOK, OK, Finding, Section, Share, shares
from baselines.task import Categories

MOST_NAMED = 8


def counts(examples, labels=None, spans=None):
    """Counter of the classes in gold: labels, names of spans or whole numbers; empty where gold is something else."""
    counted = collections.Counter()
    for example in examples:
        gold = example.gold
        if gold is None:
            continue
        if spans:
            counted.update(span.name for span in spans(example) if span.name)
        elif labels and not isinstance(gold, str):                      # several labels
            counted.update(name for name in gold if isinstance(name, str) and name in labels)
        elif labels or type(gold) is int:
            counted[gold] += 1
    return counted


def check(splits, classes, labels=None):
    """The Section of the Splits that have gold; None where there are no classes.

    classes  {split name: its `counts`}
    labels   the task's Labels, or None
    """
    splits = [split for split in splits if classes.get(split.name)]
    if not splits:
        return None
    names = labels.names if labels else sorted(set().union(*classes.values()), key=str)
    findings = [
        shares("left out, without a usable label",
               {split.name: Share(split.left_out, split.left_out + len(split)) for split in splits}, limits.LEFT_OUT,
               "Are they left out on purpose?"),
        Finding(f"classes, of {len(names)}", {split.name: len(classes[split.name]) for split in splits}),
        majority(splits, classes),
        *without(splits, labels),
        Finding("largest : smallest", {split.name: ratio(classes[split.name]) for split in splits}),
    ]  # fmt: skip
    train, *others = splits
    rare = [name for name in names if 0 < classes[train.name][name] < limits.RARE_COUNT]
    findings.append(shares(
        f"classes with fewer than {limits.RARE_COUNT} examples", {train.name: Share(len(rare), len(names))}, limits.RARE,
        f"They will hardly be learnt: {listed(rare)}."))
    findings.append(missing(train, others, classes, names))
    findings += [shift(train, other, classes) for other in others]
    return Section("classes", findings)


def without(splits, labels):
    """A Finding where gold may hold any number of labels: examples with none, and how many labels the others have."""
    if not isinstance(labels, Categories):
        return []
    golds = {split.name: [example.gold for example in split.examples if example.gold is not None] for split in splits}
    return [
        Finding("without any", {name: Share(sum(not gold for gold in found), len(found)) for name, found in golds.items()}),
        Finding("per example", {name: f"{sum(map(len, found)) / len(found):.2f}" for name, found in golds.items()}),
    ]


def majority(splits, classes):
    values = {split.name: Share(max(classes[split.name].values()), classes[split.name].total()) for split in splits}
    top = " / ".join(dict.fromkeys(str(classes[split.name].most_common(1)[0][0]) for split in splits))
    advice = "Accuracy says little here: look at macro F1."
    return shares(f"in the largest class, {top}", values, limits.MAJORITY, advice)


def ratio(counted):
    """"3100 : 12"."""
    return f"{max(counted.values())} : {min(counted.values())}"


def missing(train, others, classes, names):
    """Classes that no example has. Those that only train lacks cannot be learnt, and cost score."""
    absent = {split.name: [name for name in names if not classes[split.name][name]] for split in (train, *others)}
    unlearnt = [name for name in absent[train.name] if any(classes[other.name][name] for other in others)]
    verdict = COSTS if unlearnt else LOOK if any(absent.values()) else OK
    advice = "; ".join(f"{split} has none of {listed(found)}" for split, found in absent.items() if found)
    return Finding("classes without an example", {split: len(found) for split, found in absent.items()}, verdict,
                   f"{advice}." if advice else "")  # fmt: skip


def shift(train, other, classes):
    """Total variation between the proportions of two splits: the share of examples that would have to change class.

    Small splits of one source differ by chance; how much is told too, and allowed for.
    """
    one, two = classes[train.name], classes[other.name]
    both = {name: (one[name] / one.total(), two[name] / two.total()) for name in sorted(one.keys() | two.keys(), key=str)}
    distance = sum(abs(first - second) for first, second in both.values()) / 2
    pooled = [(one[name] + two[name]) / (one.total() + two.total()) for name in both]
    variances = [rate * (1 - rate) * (1 / one.total() + 1 / two.total()) for rate in pooled]
    by_chance = sum(math.sqrt(2 / math.pi * variance) for variance in variances) / 2        # the mean of |normal|
    most = max(both, key=lambda name: abs(both[name][0] - both[name][1]))
    verdict = LOOK if distance > limits.SHIFT + by_chance else OK
    advice = (f"What is best on {other.name} may not be what {train.name} teaches: class {most} is {both[most][0]:.1%} of "
              f"{train.name} and {both[most][1]:.1%} of {other.name}.") if verdict == LOOK else ""  # fmt: skip
    return Finding(f"proportions unlike {train.name}'s", {other.name: f"{distance:.1%}, chance {by_chance:.1%}"}, verdict, advice)


def listed(names):
    shown = ", ".join(map(str, names[:MOST_NAMED]))
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown
