"""What a search has found, and how texts of different lengths compare: log-probability / length ** alpha."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Hypothesis:
    """A continuation of one prompt.

    token_ids         what was written, without the end token that finished it
    log_probability   of these tokens and, if finished, of the end, in nats
    score             what hypotheses are ranked by, higher is better
    finished          it was ended; if not, the longest length allowed cut it, or nothing was allowed to follow
    """

    token_ids: tuple[int, ...]
    log_probability: float
    score: float
    finished: bool

    @property
    def length(self) -> int:
        """Tokens that its log-probability is of: those written and the end."""
        return len(self.token_ids) + self.finished


def length_penalized(log_probability: float, length: int, alpha: float) -> float:
    """log_probability / length ** alpha: alpha 0 is the sum, 1 the mean per token, more prefers longer texts. Broadcasts."""
    return log_probability / length**alpha


def reachable(log_probability: float, shortest: int, longest: int, alpha: float) -> float:
    """The best score that a text may still get which now has `log_probability` and will end with shortest..longest tokens.

    Log-probabilities only fall, so it is at best what it is now, divided by the length that alpha likes best.
    """
    return length_penalized(log_probability, longest if alpha > 0 else shortest, alpha)


class HypothesisPool:
    """The hypotheses of one prompt that are done; they compete with each other and with those still written."""

    def __init__(self):
        self.hypotheses = []

    def __len__(self):
        return len(self.hypotheses)

    def add(self, hypothesis: Hypothesis) -> None:
        self.hypotheses.append(hypothesis)

    def best(self, num: int) -> list[Hypothesis]:
        """The `num` best, or as many as there are, best first; of equal ones the earlier found."""
        return sorted(self.hypotheses, key=lambda hypothesis: -hypothesis.score)[:num]

    def to_beat(self, num: int) -> float:
        """The score of the num-th best, -inf while there are fewer."""
        return self.best(num)[-1].score if len(self.hypotheses) >= num else float("-inf")
