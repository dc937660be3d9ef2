"""Constraints, repetition penalties and temperatures of many prefixes at once, as the model takes them."""

from collections.abc import Sequence

import numpy as np

from baselines.decoding.constraints import Except
from baselines.decoding.decoder_protocol import LogitsAdjustment, Scores
from baselines.decoding.top_tokens import from_whole


def logits_adjustment(
    prefixes: Sequence, constraints: Sequence[tuple], penalty: Sequence[float], temperature: Sequence[float], vocab_size: int,
    end_id: int,
) -> LogitsAdjustment | None:  # fmt: skip
    """How the logits after each of R x K prefixes are adjusted; None if they are not.

    Args:
        prefixes: R lists of K lists of token ids generated so far; None where there is no text.
        constraints: R tuples, see constraints.py.
        penalty: float (R,), of repeating what was generated; neither the prompt's tokens nor the end are penalized.
        temperature: float (R,).
        vocab_size: V.
        end_id: Token that ends a text.
    """
    penalty, temperature = np.asarray(penalty, np.float32), np.asarray(temperature, np.float32)
    allowed = allowed_tokens(prefixes, constraints, vocab_size)
    penalized, tempered = (penalty != 1).any(), (temperature != 1).any()
    if allowed is None and not penalized and not tempered:
        return None
    return LogitsAdjustment(
        allowed=allowed,
        seen=seen_tokens(prefixes, vocab_size, end_id) if penalized else None,
        penalty=penalty if penalized else None,
        temperature=temperature if tempered else None,
    )


def allowed_tokens(prefixes: Sequence, constraints: Sequence[tuple], vocab_size: int) -> np.ndarray | None:
    """bool (R, K, V) of what every constraint allows; None if none of them objects to anything."""
    mask = None
    for constraint, positions in _by_constraint(prefixes, constraints):
        for position, allowed in zip(positions, constraint.allowed([prefixes[row][k] for row, k in positions]), strict=True):
            if allowed is None:
                continue
            if mask is None:
                mask = np.ones((len(prefixes), len(prefixes[0]), vocab_size), bool)
            _restrict(mask[position], allowed)
    return mask


def _restrict(mask, allowed):
    if isinstance(allowed, Except):
        mask[np.asarray(allowed.ids, np.int64)] = False
    elif isinstance(allowed, np.ndarray) and allowed.dtype == bool:
        mask &= allowed
    else:
        ids = np.asarray(allowed, np.int64)
        ids = ids[mask[ids]]
        mask[:] = False
        mask[ids] = True


def seen_tokens(prefixes: Sequence, vocab_size: int, end_id: int) -> np.ndarray:
    """bool (R, K, V) of what occurs in each prefix, but for the end token."""
    seen = np.zeros((len(prefixes), len(prefixes[0]), vocab_size), bool)
    for row, k in np.ndindex(seen.shape[:2]):
        seen[row, k, prefixes[row][k] or []] = True
    seen[..., end_id] = False
    return seen


def rescore(scores: Scores, prefixes: Sequence, constraints: Sequence[tuple], end_id: int) -> Scores:
    """Applies every constraint that reweights tokens. Returns the same Scores if no constraint does."""
    weighing = [pair for pair in _by_constraint(prefixes, constraints) if hasattr(pair[0], "rescore")]
    if not weighing:
        return scores
    whole = np.array(scores.whole())                                    # a copy: it is written to
    for constraint, positions in weighing:
        rows, ks = np.transpose(positions)
        whole[rows, ks] = constraint.rescore([prefixes[row][k] for row, k in positions], whole[rows, ks])
    return from_whole(whole, end_id, scores.ids.shape[-1])


def _by_constraint(prefixes, constraints):
    """[(constraint, [(row, k)])]: a constraint that several rows share is asked once, for all their prefixes."""
    grouped = {}
    for row, group in enumerate(constraints):
        positions = [(row, k) for k, prefix in enumerate(prefixes[row]) if prefix is not None]
        for constraint in group if positions else ():
            grouped.setdefault(id(constraint), (constraint, []))[1].extend(positions)
    return grouped.values()
