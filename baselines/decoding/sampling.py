"""Next-token sampling: temperature, top-k (Fan et al., 2018, arXiv:1805.04833), top-p (Holtzman et al., 2019, arXiv:1904.09751).

(.4, .3, .2, .1), top-k 3, then top-p .7: (.444, .333, .222), and the first two of these, since .444 < .7 <= .778
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from baselines.decoding.decoder_protocol import Scores
from baselines.decoding.top_tokens import check_numbers, likeliest
from baselines.errors import InputError

FIRST = 1024
"""Tokens that are sorted first where a model's own candidates are too few."""

ROUNDING = 1e-6
"""Sums that miss top-p by less than this have reached it: log-probabilities are float32."""


@dataclasses.dataclass(frozen=True)
class Sampling:
    """How one text is sampled. top_k 1 is greedy: the likeliest token."""

    temperature: float = 1.0
    """Logits are divided by it: below 1 sharper, above 1 flatter."""

    top_k: int = 0
    """Only this number of the likeliest tokens; 0: all."""

    top_p: float = 1.0
    """Nucleus sampling: the smallest set of the tokens that top_k left whose probabilities sum to p; at least one."""

    penalty: float = 1.0
    """Repetition penalty: positive logits of earlier tokens are divided by this, negative ones multiplied; 1: none."""

    keep_end: bool = False
    """The end token stays possible where top_k and top_p would drop it: texts end with probability 1. Welleck et al., 2020,
    arXiv:2002.02492"""

    def __post_init__(self):
        for name, good, expected in (
            ("temperature", 0 < self.temperature < math.inf, "a number above 0 (top_k 1 is greedy)"),
            ("top_k", self.top_k >= 0, "at least 1, or 0 for all tokens"),
            ("top_p", 0 < self.top_p <= 1, "a number in (0, 1]"),
            ("penalty", 0 < self.penalty < math.inf, "a number above 0, where 1 changes nothing"),
        ):
            if not good:
                raise InputError(f"{name}: {getattr(self, name)} is out of range. Give {expected}.")


def draw(
    scores: Scores, samplings: Sequence, uniforms: Sequence[float], end_id: int, normalized: bool | Sequence[bool] = True
) -> tuple[np.ndarray, np.ndarray]:
    """Samples one token for each of R texts, by the inverse of the distribution function over tokens from likely to unlikely.

    Args:
        scores: Scores (R, 1, …), temperature and penalty already in them.
        samplings: R Samplings; None for a row that holds no text.
        uniforms: float (R,) in [0, 1), from each text's own generator: the same samples whatever it shares a batch with.
        end_id: Token that ends a text.
        normalized: bool, or (R,): the probabilities of all tokens sum to 1, nothing was forbidden.

    Returns:
        Tokens int32 (R,), and their log-probabilities float32 (R,) before truncation. A text after which nothing is allowed gets
        the end token, at -inf.

    Raises:
        InputError: A log-probability is NaN.
    """
    values, ids, ends = scores.values[:, 0], scores.ids[:, 0], scores.end[:, 0]
    tokens, log_probabilities = np.full(len(ids), end_id, np.int32), np.zeros(len(ids), np.float32)
    totals = np.where(np.broadcast_to(normalized, len(ids)), 1.0, np.nan)
    whole = None
    for row, (sampling, uniform) in enumerate(zip(samplings, uniforms, strict=True)):
        if sampling is None:
            continue
        check_numbers(values[row])
        complete = values[row, -1] == -np.inf
        chosen = choose(sampling, ids[row], values[row], ends[row], uniform, end_id, totals[row], complete)
        if chosen is None:
            whole = scores.whole() if whole is None else whole
            chosen = _of_all(sampling, whole[row, 0], ends[row], uniform, end_id)
        tokens[row], log_probabilities[row] = chosen
    return tokens, log_probabilities


def _of_all(sampling, log_probabilities, end, uniform, end_id):
    """`choose` from all V tokens. They are all sorted only if the first thousand cannot decide."""
    total = np.exp(log_probabilities, dtype=np.float64).sum()
    first = choose(sampling, *likeliest(log_probabilities, FIRST), end, uniform, end_id, total, complete=False)
    if first is not None:
        return first
    return choose(sampling, *likeliest(log_probabilities, len(log_probabilities)), end, uniform, end_id, total, complete=True)


def choose(
    sampling: "Sampling",
    ids: np.ndarray,
    values: np.ndarray,
    end: float,
    uniform: float,
    end_id: int,
    total: float,
    complete: bool,
) -> tuple[int, float] | None:
    """Draws a token from the most probable ones.

    Args:
        sampling: Settings.
        ids: int (M,), the most probable tokens.
        values: float (M,), their log-probabilities, descending.
        end: Log-probability of the end token.
        uniform: Random number in [0, 1).
        end_id: The end token.
        total: Probability of all tokens together, NaN if unknown.
        complete: Whether no other token is possible.

    Returns:
        (token, log-probability), or None if the M tokens are too few to decide.
    """
    if values[0] == -np.inf:
        return end_id, -np.inf
    if sampling.top_k == 1 and not sampling.keep_end:
        return ids[0], values[0]
    if sampling.top_k and (complete or sampling.top_k <= len(ids)):
        values, complete = values[: sampling.top_k], True
    elif sampling.top_k:
        return None
    cumulative = np.cumsum(np.exp(values, dtype=np.float64))
    if complete:
        total = cumulative[-1]
    if np.isnan(total):
        return None
    if sampling.top_p < 1:
        last = np.searchsorted(cumulative, (sampling.top_p - ROUNDING) * total)
        if last == len(cumulative) and not complete:
            return None
        cumulative, complete = cumulative[: last + 1], True
        total = cumulative[-1]
    if complete and sampling.keep_end and end_id not in ids[: len(cumulative)]:
        ids, values = np.append(ids[: len(cumulative)], end_id), np.append(values[: len(cumulative)], end)
        total += np.exp(end, dtype=np.float64)
        cumulative = np.append(cumulative, total)
    index = np.searchsorted(cumulative, uniform * total, side="right")
    if index == len(cumulative) and complete:                           # rounded up
        index = np.searchsorted(cumulative, total)
    return (ids[index], values[index]) if index < len(cumulative) else None
