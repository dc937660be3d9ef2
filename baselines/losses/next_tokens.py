"""Targets of a language model: at each position the token after it, -1 where nothing is learned."""

from typing import Any

import numpy as np

NO_TARGET = -1


def next_tokens(token_ids: Any, learned: Any) -> np.ndarray:
    """Targets int32 (L,): the id after each position where `learned`, bool (L,), is True for that id; else -1."""
    targets = np.full(len(token_ids), NO_TARGET, np.int32)
    targets[:-1] = np.where(learned[1:], token_ids[1:], NO_TARGET)
    return targets
