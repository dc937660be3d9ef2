"""Copying: subjects with characters outside the vocabulary are answered by their original strings.

The model sees 㛃的拼音 as [UNK]的拼音, and hundreds of subjects look the same. If a question contains such a subject:

* its next [UNK] gets at least the probability `share`, even if the model has not learned to generate it;
* of the keys with the same spelling, only those of names in the question are allowed;
* of the remaining entries, the one that shares most with the question comes first.
"""

from collections.abc import Sequence

import numpy as np

from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.names import folded
from baselines.retrieval.prefix_index.subsequence import Subsequences

SHARE = 0.9


class Copying:
    """The subjects of one question that the vocabulary cannot spell.

    Args:
        index: The index.
        question: The question.
        share: Minimum probability of an unknown token that continues such a subject.
    """

    def __init__(self, index: PrefixIndex, question: str, share: float = SHARE):
        self.index, self.share = index, share
        self.mentions = index.mentions(question)

    def is_next(self, prefix: Sequence[int]) -> bool:
        """Whether the unknown token continues a subject of the question."""
        written, unknown = tuple(prefix), self.index.unknown_id
        length = len(written)
        return any(mention.token_ids[: length + 1] == (*written, unknown) for mention in self.mentions)

    def entities(self, prefix: Sequence[int]) -> np.ndarray | None:
        """Numbers of the names that a complete subject stands for, ascending; None for all names with its spelling."""
        subject = tuple(prefix[: list(prefix).index(self.index.end_id) + 1]) if self.index.end_id in prefix else ()
        numbers = {number for mention in self.mentions if mention.token_ids == subject for number in mention.entities}
        return np.array(sorted(numbers), np.int64) if numbers else None


def ranked(entries: Sequence, question: str) -> list:
    """Sorts entries with the same spelling: names in the question first, then by their overlap with it, then as in the file."""
    if len(entries) < 2:
        return list(entries)
    text = folded(question)
    common = Subsequences(text)

    def rank(entry):
        key = folded(entry.subject), folded(entry.predicate), folded(entry.meaning)
        stands = len(key[0]) if key[0] in text else 0
        exact = entry.subject in question
        return -stands, not exact, -sum(map(common.of, key)), sum(map(len, key))

    return sorted(entries, key=rank)
