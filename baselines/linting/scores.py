"""Gold that is a number, such as a graded similarity: its range, and whether one value outweighs the others."""

import collections
import statistics
from collections.abc import Sequence

from baselines.linting import limits
from baselines.linting.findings import Finding, Section, Share, judge_shares
from baselines.linting.measured_split import MeasuredSplit


def check_scores(splits: Sequence[MeasuredSplit]) -> Section | None:
    """Reports on the Splits whose gold is float; None where there are none."""
    golds = {split.name: [e.gold for e in split.examples if type(e.gold) is float] for split in splits}
    golds = {name: values for name, values in golds.items() if values}
    if not golds:
        return None
    frequent = {name: collections.Counter(values).most_common(1)[0] for name, values in golds.items()}
    top = " / ".join(dict.fromkeys(f"{value:g}" for value, _ in frequent.values()))
    return Section("scores", [
        Finding("lowest, mean, highest", {
            name: f"{min(values):g}, {statistics.fmean(values):.3g}, {max(values):g}" for name, values in golds.items()
        }),
        Finding("different values", {name: len(set(values)) for name, values in golds.items()}),
        judge_shares(f"the most frequent value, {top}", {
            name: Share(count, len(golds[name])) for name, (_, count) in frequent.items()
        }, limits.MAJORITY, "There is little to rank."),
    ])  # fmt: skip
