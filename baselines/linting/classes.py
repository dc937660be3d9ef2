"""How the classes are spread: the largest, rare and missing ones, and whether dev resembles train."""

import collections
import math
from collections.abc import Callable, Iterable, Sequence

from baselines.linting import limits
from baselines.linting.findings import ERROR, OK, WARNING, Finding, Section, Share, judge_shares
from baselines.linting.measured_split import MeasuredSplit
from baselines.task import Categories, Example, Labels

MAX_NAMED = 8
NO_VALUE = {"nan", "null", "none", "n/a", "na", "nat", "<na>"}
"""What programs write where a value is missing."""


def class_counts(
    examples: Iterable[Example], labels: Labels | None = None, spans: Callable | None = None, facts: Callable | None = None
) -> collections.Counter:
    """Counts the classes in gold: of facts, labels, names of spans or whole numbers; empty where gold is something else."""
    counts = collections.Counter()
    for example in examples:
        gold = example.gold
        if gold is None:
            continue
        if facts:
            counts.update(label for label, *_ in facts(gold))
        elif spans:
            counts.update(span.name for span in spans(example) if span.name)
        elif labels and not isinstance(gold, str):                      # several labels
            counts.update(name for name in gold if isinstance(name, str) and name in labels)
        elif labels or type(gold) is int:
            counts[gold] += 1
    return counts


def check_classes(splits: Sequence[MeasuredSplit], classes: dict, labels: Labels | None = None) -> Section | None:
    """Reports on the classes of the splits that have gold; None where there are no classes.

    Args:
        splits: all files, the one to learn from first.
        classes: {split name: its `class_counts`}.
        labels: the task's, or None.
    """
    splits = [split for split in splits if classes.get(split.name)]
    if not splits:
        return None
    names = labels.names if labels else sorted(set().union(*classes.values()), key=str)
    findings = [
        judge_shares("left out, without a usable label",
                     {split.name: Share(split.left_out, split.left_out + len(split)) for split in splits}, limits.LEFT_OUT,
                     "Are they left out on purpose?"),
        Finding(f"classes, of {len(names)}", {split.name: len(classes[split.name]) for split in splits}),
        largest_class(splits, classes),
        *labels_per_example(splits, labels),
        Finding("largest : smallest", {split.name: format_ratio(classes[split.name]) for split in splits}),
    ]  # fmt: skip
    train, *others = splits
    rare = [name for name in names if 0 < classes[train.name][name] < limits.RARE_COUNT]
    findings.append(judge_shares(
        f"classes with fewer than {limits.RARE_COUNT} examples", {train.name: Share(len(rare), len(names))}, limits.RARE,
        f"The model will hardly learn them: {format_names(rare)}."))
    findings += named_like_no_value(splits, classes)
    findings.append(missing_classes(train, others, classes, names))
    findings += [proportion_shift(train, other, classes) for other in others]
    return Section("classes", findings)


def labels_per_example(splits: Sequence[MeasuredSplit], labels: Labels | None) -> list[Finding]:
    """Where gold may hold any number of labels: examples with none, and how many labels the others have."""
    if not isinstance(labels, Categories):
        return []
    golds = {split.name: [example.gold for example in split.examples if example.gold is not None] for split in splits}
    return [
        Finding("without any", {name: Share(sum(not gold for gold in each), len(each)) for name, each in golds.items()}),
        Finding("per example", {name: f"{sum(map(len, each)) / len(each):.2f}" for name, each in golds.items()}),
    ]


def largest_class(splits: Sequence[MeasuredSplit], classes: dict) -> Finding:
    values = {split.name: Share(max(classes[split.name].values()), classes[split.name].total()) for split in splits}
    top = " / ".join(dict.fromkeys(str(classes[split.name].most_common(1)[0][0]) for split in splits))
    advice = "Accuracy says little here: compare macro F1."
    return judge_shares(f"in the largest class, {top}", values, limits.MAJORITY, advice)


def format_ratio(counts: collections.Counter) -> str:
    """ "3100 : 12"."""
    return f"{max(counts.values())} : {min(counts.values())}"


def named_like_no_value(splits: Sequence[MeasuredSplit], classes: dict) -> list[Finding]:
    """Examples of a class such as "nan": a program may have written it where the label is missing."""
    odd = [name for name in dict.fromkeys(name for split in splits for name in classes[split.name])
           if isinstance(name, str) and name.lower() in NO_VALUE]  # fmt: skip
    if not odd:
        return []
    values = {split.name: Share(sum(classes[split.name][name] for name in odd), classes[split.name].total()) for split in splits}
    advice = f"If {format_names(odd)} means that the label is missing, remove these rows."
    return [judge_shares("in a class named like a missing value", values, limits.NO_VALUE, advice)]


def missing_classes(train: MeasuredSplit, others: Sequence[MeasuredSplit], classes: dict, names: Sequence) -> Finding:
    """Classes without an example. Those that only train lacks cannot be learned, and cost score."""
    absent = {split.name: [name for name in names if not classes[split.name][name]] for split in (train, *others)}
    unlearned = [name for name in absent[train.name] if any(classes[other.name][name] for other in others)]
    verdict = ERROR if unlearned else WARNING if any(absent.values()) else OK
    advice = "; ".join(f"{split} has none of {format_names(each)}" for split, each in absent.items() if each)
    return Finding("classes without an example", {split: len(each) for split, each in absent.items()}, verdict,
                   f"{advice}." if advice else "")  # fmt: skip


def proportion_shift(train: MeasuredSplit, other: MeasuredSplit, classes: dict) -> Finding:
    """Total variation between the proportions of two splits: the share of examples that would have to change class.

    Small splits of one source differ by chance; how much is reported too, and allowed.
    """
    one, two = classes[train.name], classes[other.name]
    both = {name: (one[name] / one.total(), two[name] / two.total()) for name in sorted(one.keys() | two.keys(), key=str)}
    distance = sum(abs(first - second) for first, second in both.values()) / 2
    pooled = [(one[name] + two[name]) / (one.total() + two.total()) for name in both]
    variances = [rate * (1 - rate) * (1 / one.total() + 1 / two.total()) for rate in pooled]
    by_chance = sum(math.sqrt(2 / math.pi * variance) for variance in variances) / 2        # the mean of |normal|
    most = max(both, key=lambda name: abs(both[name][0] - both[name][1]))
    verdict = WARNING if distance > limits.SHIFT + by_chance else OK
    advice = (f"What is best on {other.name} may not be what {train.name} teaches: class {most} is {both[most][0]:.1%} of "
              f"{train.name} and {both[most][1]:.1%} of {other.name}.") if verdict == WARNING else ""  # fmt: skip
    return Finding(f"proportions unlike {train.name}'s", {other.name: f"{distance:.1%}, chance {by_chance:.1%}"}, verdict, advice)


def format_names(names: Sequence) -> str:
    text = ", ".join(map(str, names[:MAX_NAMED]))
    return f"{text} and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else text
