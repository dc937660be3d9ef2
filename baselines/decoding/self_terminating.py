"""A next-token distribution under which every search ends: the end token's only grows. Welleck et al., 2020, arXiv:2002.02492.

z is the logit of the end, sigma(z) = (1 - epsilon) sigmoid(z). With alpha_t = sigma(z_0) … sigma(z_t) since the text began:
p(end) = 1 - alpha_t >= 1 - (1 - epsilon) ** (t + 1), and the other tokens share alpha_t by the softmax of their own logits.
epsilon .1 and every z 2: p(end) = .207, .372, .502, .605. A model is trained by it as well: losses/self_terminating.py.
"""

import math
from typing import Any

import numpy as np

from baselines.errors import InputError


def self_terminating(logits: Any, log_alpha: Any, end_id: int, epsilon: float) -> tuple:
    """Log-probabilities of the next token, and what the next call needs of this one.

    logits      float (..., V), of one position
    log_alpha   float (...), 0 where a text begins and behind each end; later what was returned for the prefix that is continued
    epsilon     in (0, 1); returns float64 (..., V) and (...)
    """
    logits = np.asarray(logits, np.float64)
    log_alpha = log_alpha + math.log1p(-epsilon) - np.logaddexp(0, -logits[..., end_id])
    others = logits.copy()
    others[..., end_id] = -np.inf
    largest = others.max(axis=-1, keepdims=True)
    others -= largest + np.log(np.exp(others - largest).sum(axis=-1, keepdims=True))
    log_probabilities = others + log_alpha[..., None]
    log_probabilities[..., end_id] = np.log(-np.expm1(log_alpha))
    return log_probabilities, log_alpha


def latest_end(epsilon: float) -> int:
    """The most tokens, its end counted, that greedy search writes: p(end) > 1/2 once t > -ln 2 / ln(1 - epsilon).

    >>> latest_end(0.1)
    7
    """
    check_epsilon(epsilon)
    return math.floor(-math.log(2) / math.log1p(-epsilon)) + 1


def check_epsilon(epsilon: float) -> float:
    """Raises InputError unless it is in (0, 1)."""
    if not 0 < epsilon < 1:
        raise InputError(f"epsilon: {epsilon} is out of range. Give a number between 0 and 1.")
