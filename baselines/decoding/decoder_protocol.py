"""The terms between a model that writes and a search: what a text is continued from, what is asked, what is answered."""

import dataclasses
from collections.abc import Callable
from typing import Protocol

import numpy as np


@dataclasses.dataclass(frozen=True)
class Prompt:
    """What a text is continued from.

    token_ids, segment_ids   int32 (L,), L >= 1, without padding
    segment                  segment id of every token that is written after them
    """

    token_ids: np.ndarray
    segment_ids: np.ndarray
    segment: int = 1


@dataclasses.dataclass(frozen=True)
class Adjust:
    """What is changed about the next token's distribution, for R prompts with K prefixes each. None changes nothing.

    In this order: logits of `seen` tokens are divided by `penalty` if positive, else multiplied by it (Keskar et al., 2019,
    arXiv:1909.05858); logits are divided by `temperature`; their log-softmax is taken; what is not `allowed` becomes -inf, and
    the rest is not normalised again: samplers do that, beams compare with it.

    allowed       bool (R, K, V)
    seen          bool (R, K, V), and penalty float32 (R,), 1 changes nothing
    temperature   float32 (R,), > 0
    """

    allowed: np.ndarray | None = None
    seen: np.ndarray | None = None
    penalty: np.ndarray | None = None
    temperature: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Scores:
    """Log-probabilities of the token after each of R x K prefixes.

    ids      int32 (R, K, M), the M likeliest tokens; of equally likely ones the lower id first
    values   float32 (R, K, M), theirs, descending; -inf for tokens that are not allowed
    end      float32 (R, K), that of the end token
    whole    () -> float32 (R, K, V), that of every token: slower, for whom M are too few
    """

    ids: np.ndarray
    values: np.ndarray
    end: np.ndarray
    whole: Callable[[], np.ndarray]


class Decoder(Protocol):
    """A model with memory: `num_rows` prompts at once, `width` prefixes of each; a model's is models/cached_rows.py.

    vocab_size V, end_id, and capacity: tokens that a row can hold, prompt and what was written together.
    """

    num_rows: int
    width: int
    capacity: int
    vocab_size: int
    end_id: int

    def admit(self, rows, prompts, adjust=None) -> Scores:
        """Put new prompts into the rows of these numbers, whatever was there. Scores (len(rows), 1, …) of their first token."""

    def step(self, tokens, parents=None, adjust=None) -> Scores:
        """Append tokens int (r, K) to the first r rows; Scores (r, K, …) of what follows. No row behind them holds a prompt.

        parents   int (r, K): which of the row's prefixes each token continues; the first, 0, is the only one after `admit`.
                  None: each its own. Rows that hold no prompt take any token, and their scores mean nothing.
        """

    def release(self, rows):
        """The rows of these numbers hold no prompt any more."""
