"""Constraints of a search to the keys of an index.

    InIndex(index)                                  one for all questions; no extra model calls
    Guided(InIndex(index), look_ahead, copying)     one per question; normalizes and reweights the allowed tokens

`allowed` and `rescore` are what decoding/constraints.py describes. Each prefix extends one of the step before, so its
state is one step from a cached state.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.prefix_index.index import PrefixIndex, State

if TYPE_CHECKING:
    from baselines.retrieval.prefix_index.copying import Copying
    from baselines.retrieval.prefix_index.look_ahead import LookAhead

ENDS = ("value", "leaf")
MAX_CACHED = 1 << 16


class InIndex:
    """Constrains texts to the keys of an index.

    Args:
        index: A PrefixIndex.
        end: "value": every key can be generated. "leaf": a key that is a prefix of another cannot, as in the code of
            kexue.fm/archives/8802, whose figures it reproduces.
    """

    def __init__(self, index: PrefixIndex, end: str = "value"):
        if end not in ENDS:
            raise InputError(f"end: there is no {excerpt(end)!r}. {nearest(str(end), ENDS)}")
        self.index, self.end = index, end
        self._states = {(): index.root()}

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        """The tokens that may follow each prefix, int32, ascending; none after a complete key or outside the index."""
        return [self.next(self.state(prefix)) for prefix in prefixes]

    def state(self, prefix: Sequence[int]) -> State | None:
        """The State of a prefix; None if no key starts with it."""
        prefix, states = tuple(prefix), self._states        # another thread may start a new cache
        if len(states) > MAX_CACHED:
            self._states = {(): self.index.root()}
        known = len(prefix)
        while prefix[:known] not in states:
            known -= 1
        state = states[prefix[:known]]
        for length in range(known, len(prefix)):
            state = None if state is None else self.index.advance(state, prefix[length])
            states[prefix[: length + 1]] = state
        return state

    def next(self, state: State, entities: np.ndarray | None = None) -> np.ndarray:
        """The tokens after a State; see PrefixIndex.next. None has no next tokens."""
        if state is None:
            return np.zeros(0, np.int32)
        ids = self.index.next(state, entities)
        if self.end == "leaf" and state.part == self.index.parts - 1 and len(ids) > 1:
            ids = ids[ids != self.index.end_id]
        return ids


class Guided:
    """Constrains the search of one question to an index, and reweights the allowed tokens.

    Args:
        tree: An InIndex, shared by all questions.
        look_ahead: A LookAhead, or None.
        copying: A Copying, or None.
    """

    def __init__(self, tree: InIndex, look_ahead: "LookAhead | None" = None, copying: "Copying | None" = None):
        self.tree, self.look_ahead, self.copying = tree, look_ahead, copying

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        """As InIndex.allowed. Of subjects with the same spelling, only those in the question."""
        return [self.tree.next(self.tree.state(prefix), self._entities(prefix)) for prefix in prefixes]

    def _entities(self, prefix):
        return self.copying and self.copying.entities(prefix)

    def rescore(self, prefixes: Sequence[list[int]], log_probabilities: np.ndarray) -> np.ndarray:
        """Reweights the allowed tokens, so that their probabilities sum to 1.

        Args:
            prefixes: Generated token ids of each row.
            log_probabilities: float32 (N, V), -inf for tokens that are not allowed. Not changed.

        Returns:
            float32 (N, V).
        """
        rescored = np.array(log_probabilities, np.float32)
        for row, prefix, ids in zip(rescored, prefixes, self.allowed(prefixes), strict=True):
            if len(ids):
                row[ids] = self._weighed(prefix, ids, row[ids].astype(np.float64))
        return rescored

    def _weighed(self, prefix, ids, log_p):
        state = self.tree.state(prefix)
        if self.look_ahead and len(ids) > 1:
            entities = self._entities(prefix)
            gains = self.look_ahead.gains(state, prefix, entities)
            if gains is not None:
                log_p = log_p / (gains[np.isin(self.tree.index.next(state, entities), ids)] + 1)
        log_p = _normalized(log_p)
        if self.copying and state.part == 0 and self.copying.is_next(prefix):
            log_p = _at_least(log_p, ids == self.tree.index.unknown_id, self.copying.share)
        return log_p


def _normalized(log_p):
    """Normalizes log-probabilities. If all are -inf, they stay."""
    top = log_p.max()
    return log_p - top - np.log(np.exp(log_p - top).sum()) if np.isfinite(top) else log_p


def _at_least(log_p, chosen, share):
    """The chosen token gets the probability `share` if it has less, the others what is left in proportion."""
    given = log_p[chosen]
    if not np.isfinite(given).any() or np.exp(given[0]) >= share:       # another constraint forbids it, or nothing to do
        return log_p
    rest = _normalized(np.where(chosen, -np.inf, log_p))
    return np.where(chosen, np.log(share), rest + np.log1p(-share))
