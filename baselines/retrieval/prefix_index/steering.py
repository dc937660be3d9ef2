"""A constraint that applies the aliases, preferences and bans of overrides.py to the search of one question.

An alias allows only its subject. Tokens that lead only to banned keys are not allowed. A boost of 2 raises a key by 2 over keys
without it: these lose 2 where they branch off, because the sums of a search must only fall.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from baselines.retrieval.prefix_index.index import State

if TYPE_CHECKING:
    from baselines.retrieval.prefix_index.constraint import InIndex
    from baselines.retrieval.prefix_index.overrides import Overrides


class Rules:
    """The preferences of an Overrides as token ids, computed once for all questions.

    Attributes:
        boosts: Per part of a key, {token ids with the end: log-probability}.
        last: Number of the part that is a predicate.
        banned: int64, numbers of banned predicates.
        dead: Nodes of the subject trie that lead only to banned keys.
        taken: Log-probability that a complete key without boosts has lost.
    """

    def __init__(self, overrides: "Overrides", tree: "InIndex", ids: Callable[[str], tuple]):
        self.tree, self.overrides, self.ids, index = tree, overrides, ids, tree.index
        self.last = index.order.index("predicate")
        boosts = {"subject": overrides.subjects.boost, "predicate": overrides.predicates.boost, "meaning": {}}
        self.boosts = [{ids(text): weight for text, weight in boosts[part].items()} for part in index.order]
        banned = [number for text in overrides.predicates.ban for number in index.predicates(ids(text))]
        self.banned = np.array(sorted(set(banned)), np.int64)
        self.taken = sum(max(boosts.values(), default=0.0) for boosts in self.boosts)
        leaves = index.leaves_with_only(self.banned) if len(self.banned) else []
        subjects = map(ids, overrides.subjects.ban)
        leaves += [index.leaf(subject) for subject in subjects if index.unknown_id not in subject]      # others are spelled so too
        self.dead = index.trie.without(leaves)

    def of(self, question: str) -> "Steering | None":
        """The Steering of a question, or None if the overrides do not affect it."""
        subjects = {self.ids(subject) for subject in self.overrides.aliases_in(question).values()}
        if not (subjects or self.dead or len(self.banned) or any(self.boosts)):
            return None
        return Steering(self, subjects)

    def alive(self, state: State) -> np.ndarray:
        """bool, for each key from state.low to state.high: its predicate is not banned."""
        return ~np.isin(self.tree.index.predicates_of(state), self.banned)


class Steering:
    """Rules for one question, a constraint as in decoding/constraints.py.

    Args:
        rules: The rules of the overrides.
        subjects: Token ids, with the end, of the only allowed subjects; empty for all.
    """

    def __init__(self, rules: Rules, subjects: Collection[tuple] = frozenset()):
        self.rules, self.subjects = rules, subjects

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        return [self._allowed(tuple(prefix)) for prefix in prefixes]

    def rescore(self, prefixes: Sequence[list[int]], log_probabilities: np.ndarray) -> np.ndarray:
        rescored = np.array(log_probabilities, np.float32)
        for row, prefix in zip(rescored, prefixes, strict=True):
            self._add_boosts(row, tuple(prefix))
        return rescored

    def _allowed(self, prefix):
        rules, state = self.rules, self.rules.tree.state(prefix)
        if state is None or state.part > rules.last:
            return None
        if state.part:
            if not len(rules.banned):
                return None
            return np.unique(rules.tree.index.tokens(state)[rules.alive(state)])
        if self.subjects:
            return sorted({subject[len(prefix)] for subject in self.subjects if subject[: len(prefix)] == prefix})
        if not rules.dead:
            return None
        trie = rules.tree.index.trie
        first, tokens = int(trie.children[state.low]), trie.next(state.low).tolist()
        return [token for node, token in enumerate(tokens, start=first) if node not in rules.dead]

    def _add_boosts(self, row, prefix):
        """Lowers each token by the boost that it forgoes."""
        end = self.rules.tree.index.end_id
        part = prefix.count(end)
        if part == len(self.rules.boosts) or not self.rules.boosts[part]:
            return
        written = prefix[len(prefix) - prefix[::-1].index(end) :] if part else prefix
        after = {}
        for ids, weight in self.rules.boosts[part].items():
            if ids[: len(written)] == written:
                after[ids[len(written)]] = max(weight, after.get(ids[len(written)], 0.0))
        if after:
            row -= max(after.values())
            row[list(after)] += list(after.values())
