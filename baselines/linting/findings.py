"""What checks return: sections of findings, each a line with a value per split, a verdict, and where to look."""

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from baselines.task import Example

OK, WARNING, ERROR = VERDICTS = ("ok", "warning", "error")
"""From best to worst. "warning": a person should decide. "error": training would run, and silently score lower."""


class Share(NamedTuple):
    """`count` of `total`."""

    count: int
    total: int

    @property
    def rate(self) -> float:
        return self.count / self.total if self.total else 0.0

    def __str__(self):
        if not self.count:
            return "0"
        return f"{self.count} ({self.rate:.1%})" if self.rate >= 0.001 else f"{self.count} (<0.1%)"


class Limit(NamedTuple):
    """Rates above which a finding is a warning, and above which it is an error."""

    warning: float = math.inf
    error: float = math.inf

    def verdict(self, values: Iterable[Share]) -> str:
        """The verdict on the largest rate of some Shares."""
        rate = max((value.rate for value in values), default=0.0)
        return ERROR if rate > self.error else WARNING if rate > self.warning else OK


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of a report.

    Attributes:
        what: what was counted or measured.
        values: {split name: Share, number or text}; a split that it does not concern is left out.
        verdict: one of VERDICTS.
        advice: what to do about it, where the verdict is not ok.
        where: "train.json:17: …" of the first cases.
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


def judge_shares(
    what: str, values: dict[str, Share], limit: Limit | None = None, advice: str = "", where: Sequence[str] = ()
) -> Finding:
    """A Finding of {split: Share}, judged by a Limit; without one it only informs."""
    verdict = limit.verdict(values.values()) if limit else OK
    return Finding(what, values, verdict, "" if verdict == OK else advice, tuple(where))


def worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts."""
    return max(verdicts, key=VERDICTS.index, default=OK)


def locate(example: Example, text: str | None = None, max_length: int = 40) -> str:
    """ "train.json:17: 今天…", to find an example again; `text` replaces its own."""
    words = " | ".join(example.texts) if text is None else text
    words = " ".join(words[: 4 * max_length].split())
    return f"{example.origin or example.id}: {words if len(words) <= max_length else words[:max_length] + '…'}"
