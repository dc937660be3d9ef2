"""Look-ahead: prefer a token behind which more of the question is still to come. Su, 2021, kexue.fm/archives/8802.

A model that reads 刘晓华主要讲什么课啊 likes 主要成就, whose first tokens are in the question, and sees too late that 主讲课程
has more of them. Once the subject is complete, p(v) becomes p(v) ** (1 / (gain + 1)), where the gain of v is how much longer the
longest common subsequence with the question can become on some key that goes on with v.

The article compares predicates, the code that made its figures whole keys: `scope`. What a key has in common with the question is
found once per subject; a step reads the range that is left.
"""

import numpy as np

from baselines.errors import InputError, nearest
from baselines.prefix_index.subsequence import Subsequences

SCOPES = ("predicate", "full_key")
MOST_KEYS = 10_000


class LookAhead:
    """Gains of the tokens that may follow, for one question.

    question_ids   token ids of the question, [CLS] and [SEP] included
    scope          "predicate": predicates alone, while one is written; "full_key": all parts with [SEP] between them
    most_keys      a subject with more keys is not looked ahead in
    """

    def __init__(self, index, question_ids, scope="full_key", most_keys=MOST_KEYS):
        if scope not in SCOPES:
            raise InputError(f"look_ahead: expected one of {', '.join(SCOPES)}. Received: {scope}. {nearest(scope, SCOPES)}")
        self.index, self.scope, self.most_keys = index, scope, most_keys
        self._parts = [part for part, name in enumerate(index.order) if name == "predicate" or scope == "full_key" and part]
        self._common = Subsequences([int(token) for token in question_ids])
        self._of_keys = {}                                  # first key of a subject -> what each key has in common

    def gains(self, state, prefix):
        """int64, one per token of `index.next(state)`; None where the rule does not apply.

        prefix   all token ids written, that lead to `state`
        """
        if state.part not in self._parts:
            return None
        first, last = self.index.subject_range(state.low)
        if last - first > self.most_keys:
            return None
        prefix = [int(token) for token in prefix]
        if first not in self._of_keys:
            self._of_keys[first] = self._lengths(first, last, prefix[: prefix.index(self.index.end_id) + 1])
        tokens = self.index.tokens(state)
        begins = np.flatnonzero(np.concatenate([[True], tokens[1:] != tokens[:-1]]))
        best = np.maximum.reduceat(self._of_keys[first][state.low - first : state.high - first], begins)
        written = prefix[len(prefix) - state.depth :] if self.scope == "predicate" else prefix
        return best - self._common.of(written)

    def _lengths(self, first, last, subject):
        """What each key from first to last has in common with the question; neighbours share the part behind it."""
        common, index = self._common, self.index
        start = common.start() if self.scope == "predicate" else common.extend(common.start(), subject)
        lengths, known = np.empty(last - first, np.int64), {}
        for key in range(first, last):
            tokens = index.part_ids(self._parts[0], key)
            shared = tokens.tobytes()
            if shared not in known:
                known[shared] = common.extend(start, tokens.tolist()[: -1 if self.scope == "predicate" else None])
            bits = known[shared]
            if self.scope == "full_key":
                bits = common.extend(bits, index.part_ids(2, key).tolist()[:-1])
            lengths[key - first] = common.length(bits)
        return lengths
