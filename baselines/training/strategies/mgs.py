"""MLE-guided parameter search: move the weights by the task's own metric. Welleck and Cho, 2021, arXiv:2006.03158.

A metric such as accuracy, ROUGE or BLEU has no gradient. In each update several moves of the weights are drawn around 0 and around
the optimizer's step, the rows of the update are predicted with each, and the weights move by their mean, weighted by
exp(score / alpha) and the inverse of the density they were drawn from (Su Jianlin, kexue.fm/archives/7521).

Unlike the paper, the guide is the optimizer's step instead of the plain gradient, so that learning rate, schedule, clipping and
other strategies keep their meaning. The noise of a weight matrix has exactly its expected norm: with a million entries, the chance
of the norm would decide the density otherwise. See training/update_search.py, which does the work between compiled steps.
"""

import dataclasses

from baselines.errors import InputError
from baselines.plugins.settings import flag, positive, ranges
from baselines.training.strategies.strategy import Strategy

TIES = ("guide", "mean")


@dataclasses.dataclass(frozen=True)
class Mgs(Strategy):
    """weights += sum_i w_i D_i, with w = softmax(score(weights + D_i) / alpha - log q(D_i)); D_i is noise, or step + noise."""

    n: int = 4
    """Moves that are drawn per update; each costs a prediction of the update's rows."""
    noise: float = 0.5
    """Probability that a move is noise alone, without the optimizer's step."""
    sigma: float = 1.0
    """Norm of the noise of a weight matrix, relative to that of the optimizer's step."""
    alpha: float = 0.01
    """Temperature, in units of the metric: small values follow the best move, large ones take the mean of all."""
    metric: str = ""
    """Name of the score that counts, such as bleu; default: the task's first one."""
    ties: str = "guide"
    """If all moves score the same: take the optimizer's step (guide), or the mean of the moves (mean)."""

    copies = 3
    searches = True

    def __post_init__(self):
        ranges(self, n=(1, None), noise=(0, 1))
        positive(self, "sigma")
        positive(self, "alpha")
        if self.ties not in TIES:
            raise InputError(f"{flag(self, 'ties')}: expected one of {', '.join(TIES)}. Received: {self.ties}")


STRATEGY = Mgs
