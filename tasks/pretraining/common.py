"""Shared by objectives: whole-word masks, and the lengths of rows without padding."""

import numpy as np

from baselines.losses.next_tokens import NO_TARGET
from baselines.tokenizers.vocabulary import Vocabulary

SHARE = 0.15
"""Share of words that are masked."""


def whole_word_masks(
    token_ids: np.ndarray,
    starts: np.ndarray,
    vocabulary: Vocabulary,
    max_masks: int,
    rng: np.random.Generator,
    share: float = SHARE,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(corrupted token_ids int32 (B, L), positions int32 (B, max_masks), targets int32 (B, max_masks), -1 for padding).

    Each word is chosen with probability `share`, whole or not at all. Each token of a chosen one becomes [MASK] (80 %), stays
    (10 %) or becomes any token of the vocabulary (10 %), which may be a special one or itself. In a row with more than `max_masks`
    chosen tokens, the words from the first that does not fit are left unmasked, so that all rows have one shape.
    """
    rows, length = token_ids.shape
    columns = np.arange(length)
    first = np.maximum.accumulate(np.where(starts, columns, 0), axis=1)
    special = np.isin(token_ids, vocabulary.frame_ids)
    random = rng.random((rows, length))
    chosen = (np.take_along_axis(random, first, axis=1) < share) & ~special
    over = chosen & (np.cumsum(chosen, axis=1) > max_masks)
    end = np.where(over.any(axis=1), first[np.arange(rows), over.argmax(axis=1)], length)
    chosen &= columns < end[:, None]

    fate, others = rng.random((rows, length)), rng.integers(len(vocabulary), size=(rows, length))
    replaced = np.where(fate < 0.8, vocabulary.mask_id, np.where(fate < 0.9, token_ids, others))
    positions = np.argsort(~chosen, axis=1, kind="stable")[:, :max_masks].astype(np.int32)
    targets = np.where(np.take_along_axis(chosen, positions, axis=1), np.take_along_axis(token_ids, positions, axis=1), NO_TARGET)
    return np.where(chosen, replaced, token_ids).astype(np.int32), positions, targets.astype(np.int32)


def real_lengths(token_ids: np.ndarray, pad_id: int) -> np.ndarray:
    """Tokens of each row before the padding, int (B,)."""
    return (token_ids != pad_id).sum(axis=1)
