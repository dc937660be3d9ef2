"""What checks return: sections of findings, each a line with a value per split, a verdict, and where to look."""

import dataclasses
import math
from typing import NamedTuple

OK, LOOK, COSTS = VERDICTS = ("ok", "look", "costs score")
"""From best to worst. "look": a person should decide. "costs score": training would go on, silently, and end lower."""


class Share(NamedTuple):
    """So many of so many."""

    count: int
    total: int

    @property
    def rate(self):
        return self.count / self.total if self.total else 0.0

    def __str__(self):
        if not self.count:
            return "0"
        return f"{self.count} ({self.rate:.1%})" if self.rate >= 0.001 else f"{self.count} (<0.1%)"


class Limit(NamedTuple):
    """Rates above which a finding is one to look at, and one that costs score."""

    look: float = math.inf
    costs: float = math.inf

    def verdict(self, values):
        """The verdict on the largest rate of some Shares."""
        rate = max((value.rate for value in values), default=0.0)
        return COSTS if rate > self.costs else LOOK if rate > self.look else OK


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of a report.

    what      what was counted or measured
    values    {split name: Share, number or text}; a split that it does not concern is left out
    verdict   ok, look or costs score
    advice    what to do about it, where the verdict is not ok
    where     "train.json:17: …" of the first cases
    """

    what: str
    values: dict
    verdict: str = OK
    advice: str = ""
    where: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Section:
    """Findings of one kind, under a title."""

    title: str
    findings: list[Finding]


def shares(what, values, limit=None, advice="", where=()):
    """A Finding of {split: Share}, judged by a Limit; without one it only informs."""
    verdict = limit.verdict(values.values()) if limit else OK
    return Finding(what, values, verdict, "" if verdict == OK else advice, tuple(where))


def worst(verdicts):
    """The worst of some verdicts."""
    return max(verdicts, key=VERDICTS.index, default=OK)


def place(example, text=None, most=40):
    """"train.json:17: 今天…", to find an example again; `text` stands for its own."""
    shown = " | ".join(example.texts) if text is None else text
    shown = " ".join(shown[: 4 * most].split())
    return f"{example.origin or example.id}: {shown if len(shown) <= most else shown[:most] + '…'}"
