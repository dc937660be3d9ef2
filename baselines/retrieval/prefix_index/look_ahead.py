"""Look-ahead: prefers tokens that lead to keys with more of the question. Su, 2021, kexue.fm/archives/8802.

A model that reads 刘晓华主要讲什么课啊 likes 主要成就, whose first tokens are in the question, and sees too late that 主讲课程
has more of them. Once the subject is complete, p(v) becomes p(v) ** (1 / (gain + 1)), where the gain of v is how much longer the
longest common subsequence with the question can become on some key that continues with v.

The article compares predicates; the code behind its figures compares whole keys: `scope`. The overlap of each key with the
question is computed once per subject; a step reads the remaining range.
"""

from collections.abc import Sequence

import numpy as np

from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.prefix_index.index import PrefixIndex, State
from baselines.retrieval.prefix_index.subsequence import Subsequences

SCOPES = ("predicate", "full_key")
MAX_KEYS = 10_000


class LookAhead:
    """Gains of the tokens that may follow, for one question.

    Args:
        index: A PrefixIndex.
        question_ids: Token ids of the question, including [CLS] and [SEP].
        scope: "predicate": compare predicates only; "full_key": compare all parts, with [SEP] between them.
        max_keys: Subjects with more keys have no look-ahead.
    """

    def __init__(self, index: PrefixIndex, question_ids: Sequence[int], scope: str = "full_key", max_keys: int = MAX_KEYS):
        if scope not in SCOPES:
            raise InputError(f"look_ahead: there is no {excerpt(scope)!r}. {nearest(str(scope), SCOPES)}")
        self.index, self.scope, self.max_keys = index, scope, max_keys
        self._parts = [part for part, name in enumerate(index.order) if name == "predicate" or scope == "full_key" and part]
        self._common = Subsequences([int(token) for token in question_ids])
        self._of_keys = {}                                  # first key of a subject, names: keys, what each has in common

    def gains(self, state: State, prefix: Sequence[int], entities: np.ndarray | None = None) -> np.ndarray | None:
        """The gains of the next tokens.

        Args:
            state: The State.
            prefix: Token ids that lead to it.
            entities: Numbers of names, ascending, whose keys count; None for all.

        Returns:
            int64, one per token of `index.next(state, entities)`; None if the rule does not apply.
        """
        if state.part not in self._parts:
            return None
        first, last = self.index.subject_range(state.low)
        if entities is None and last - first > self.max_keys:
            return None
        prefix, of_subject = [int(token) for token in prefix], (first, None if entities is None else tuple(entities))
        if of_subject not in self._of_keys:
            subject = prefix[: prefix.index(self.index.end_id) + 1]
            keys = self.index.keys(state._replace(low=first, high=last), entities)
            self._of_keys[of_subject] = keys, self._lengths(keys, subject) if len(keys) <= self.max_keys else None
        keys, lengths = self._of_keys[of_subject]
        if lengths is None:
            return None
        begin, end = keys.searchsorted([state.low, state.high]).tolist()
        tokens = self.index.tokens_of(state.part, keys[begin:end], state.depth)
        begins = np.flatnonzero(np.concatenate([[True], tokens[1:] != tokens[:-1]]))
        best = np.maximum.reduceat(lengths[begin:end], begins)
        written = prefix[len(prefix) - state.depth :] if self.scope == "predicate" else prefix
        return best - self._common.of(written)

    def _lengths(self, keys, subject):
        """What each of some keys of a subject has in common with the question; neighbours share the part behind it."""
        common, index = self._common, self.index
        start = common.start() if self.scope == "predicate" else common.extend(common.start(), subject)
        lengths, known = np.empty(len(keys), np.int64), {}
        for position, key in enumerate(keys.tolist()):
            tokens = index.part_ids(self._parts[0], key)
            shared = tokens.tobytes()
            if shared not in known:
                known[shared] = common.extend(start, tokens.tolist()[: -1 if self.scope == "predicate" else None])
            bits = known[shared]
            if self.scope == "full_key":
                bits = common.extend(bits, index.part_ids(2, key).tolist()[:-1])
            lengths[position] = common.length(bits)
        return lengths
