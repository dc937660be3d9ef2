"""Decoder, the protocol between a language model and a search: prompts in, scores of the next token out."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np


@dataclasses.dataclass(frozen=True)
class Prompt:
    """What a text is continued from.

    Args:
        token_ids: int32 (L,), L >= 1, without padding.
        segment_ids: int32 (L,).
        segment: Segment id of every token that is generated after them.
    """

    token_ids: np.ndarray
    segment_ids: np.ndarray
    segment: int = 1


@dataclasses.dataclass(frozen=True)
class LogitsAdjustment:
    """How the logits of the next token are adjusted, for R prompts with K prefixes each. None changes nothing.

    In this order: logits of `seen` tokens are divided by `penalty` if positive, else multiplied by it (Keskar et al., 2019,
    arXiv:1909.05858); logits are divided by `temperature`; their log-softmax is taken; what is not `allowed` becomes -inf, and
    the rest is not normalized again: samplers do that, beams compare with it.

    Args:
        allowed: bool (R, K, V).
        seen: bool (R, K, V).
        penalty: float32 (R,); 1 changes nothing.
        temperature: float32 (R,), above 0.
    """

    allowed: np.ndarray | None = None
    seen: np.ndarray | None = None
    penalty: np.ndarray | None = None
    temperature: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Scores:
    """Log-probabilities of the token after each of R x K prefixes.

    Args:
        ids: int32 (R, K, M), the M likeliest tokens; of equally likely ones the lower id first.
        values: float32 (R, K, M), theirs, descending; -inf for tokens that are not allowed.
        end: float32 (R, K), that of the end token.
        whole: () -> float32 (R, K, V), that of every token; slower.
    """

    ids: np.ndarray
    values: np.ndarray
    end: np.ndarray
    whole: Callable[[], np.ndarray]


class Decoder(Protocol):
    """A language model with a KV cache, such as generation.cached_decoder.CachedDecoder.

    Attributes:
        num_rows: Prompts at once.
        width: Prefixes of each prompt, K.
        capacity: Tokens that a row can hold, prompt and generated ones together.
        vocab_size: V.
        end_id: Token that ends a text.
    """

    num_rows: int
    width: int
    capacity: int
    vocab_size: int
    end_id: int

    def prefill(self, rows: Sequence[int], prompts: Sequence[Prompt], adjust: LogitsAdjustment | None = None) -> Scores:
        """Puts new prompts into the rows of these numbers. Returns Scores (len(rows), 1, …) of their first token."""

    def step(
        self, tokens: np.ndarray, parents: np.ndarray | None = None, adjust: LogitsAdjustment | None = None
    ) -> Scores:
        """Appends a token to every prefix of the first rows.

        Args:
            tokens: int (r, K). Rows that hold no prompt take any token; no row behind the r-th holds one.
            parents: int (r, K), the prefix of the row that each token continues; 0 is the only one after `prefill`. None: its own.
            adjust: How the logits of what follows are adjusted.

        Returns:
            Scores (r, K, …) of what follows; those of rows without a prompt mean nothing.
        """

    def free(self, rows: Sequence[int]) -> None:
        """Frees the rows of these numbers."""
