"""An index as a constraint of a search: only its keys can be written.

    InIndex(index)                                  one for all questions; costs the model nothing more
    Guided(InIndex(index), look_ahead, copying)     one for each question; makes what is allowed sum to 1, and weighs it

`allowed` and `rescore` are what decoding/constraints.py describes. A prefix was another's continuation a step ago, so its place in
the tree is one step from a place that is remembered.
"""

from collections.abc import Sequence

import numpy as np

from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.prefix_index.index import State

ENDS = ("value", "leaf")
MAX_REMEMBERED = 1 << 16


class InIndex:
    """Constrains texts to the keys of an index.

    Args:
        index: A PrefixIndex.
        end: "value": a key may end wherever one does. "leaf": only where no longer one goes on, as in the code of
            kexue.fm/archives/8802; it cannot reach the shorter one of two keys, and is there to reproduce its figures.
    """

    def __init__(self, index, end="value"):
        if end not in ENDS:
            raise InputError(f"end: there is no {excerpt(end)!r}. {nearest(str(end), ENDS)}")
        self.index, self.end = index, end
        self._states = {(): index.root()}

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        """For each list of token ids, int32: those that may follow, ascending; none after a whole key, or outside the tree."""
        return [self.next(self.state(prefix)) for prefix in prefixes]

    def state(self, prefix: Sequence[int]) -> State | None:
        """The State of a prefix, or None."""
        prefix, states = tuple(prefix), self._states        # another thread may begin a new memory
        if len(states) > MAX_REMEMBERED:
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
        """Tokens after a State, or none after None; see PrefixIndex.next."""
        if state is None:
            return np.zeros(0, np.int32)
        ids = self.index.next(state, entities)
        if self.end == "leaf" and state.part == self.index.parts - 1 and len(ids) > 1:
            ids = ids[ids != self.index.end_id]
        return ids


class Guided:
    """Constrains one question's texts to an index, and weighs what is allowed.

    Args:
        tree: An InIndex, shared by all questions.
        look_ahead: A LookAhead, or None.
        copying: A Copying, or None.
    """

    def __init__(self, tree, look_ahead=None, copying=None):
        self.tree, self.look_ahead, self.copying = tree, look_ahead, copying

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        """As InIndex.allowed; among subjects of one spelling, those that stand in the question."""
        return [self.tree.next(self.tree.state(prefix), self._entities(prefix)) for prefix in prefixes]

    def _entities(self, prefix):
        return self.copying and self.copying.entities(prefix)

    def rescore(self, prefixes: Sequence[list[int]], log_probabilities: np.ndarray) -> np.ndarray:
        """float32 (N, V), -inf where not allowed -> the same, weighed and summing to 1. The argument is not changed."""
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
    """Log-probabilities that sum to 1, in log space; where all are -inf nothing can be said."""
    top = log_p.max()
    return log_p - top - np.log(np.exp(log_p - top).sum()) if np.isfinite(top) else log_p


def _at_least(log_p, chosen, share):
    """The chosen token gets the probability `share` if it has less, the others what is left in proportion."""
    given = log_p[chosen]
    if not np.isfinite(given).any() or np.exp(given[0]) >= share:       # another constraint forbids it, or nothing to do
        return log_p
    rest = _normalized(np.where(chosen, -np.inf, log_p))
    return np.where(chosen, np.log(share), rest + np.log1p(-share))
