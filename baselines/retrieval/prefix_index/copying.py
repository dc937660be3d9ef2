"""Copy what cannot be spelled: subjects with unknown characters are answered by their original strings.

The model sees 㛃的拼音 as [UNK]的拼音, and hundreds of subjects are [UNK] to it. Where a question holds the string of such a
subject,

* its [UNK] gets at least the probability `share` where it is next: the model need not have learned to write it;
* of the keys that are spelled as this subject, only those of the names that stand in the question are offered;
* of the entries that remain, the one that has more in common with the question comes first.
"""

from collections.abc import Sequence

import numpy as np

from baselines.retrieval.prefix_index.names import folded
from baselines.retrieval.prefix_index.subsequence import Subsequences

SHARE = 0.9


class Copying:
    """The unspellable subjects of one question."""

    def __init__(self, index, question, share=SHARE):
        self.index, self.share = index, share
        self.mentions = index.mentions(question)

    def is_next(self, prefix: Sequence[int]) -> bool:
        """Whether the unknown token continues a subject of the question."""
        written, unknown = tuple(prefix), self.index.unknown_id
        length = len(written)
        return any(mention.token_ids[: length + 1] == (*written, unknown) for mention in self.mentions)

    def entities(self, prefix: Sequence[int]) -> np.ndarray | None:
        """Names that a finished subject is taken for, ascending; None: all that are spelled so."""
        subject = tuple(prefix[: list(prefix).index(self.index.end_id) + 1]) if self.index.end_id in prefix else ()
        numbers = {number for mention in self.mentions if mention.token_ids == subject for number in mention.entities}
        return np.array(sorted(numbers), np.int64) if numbers else None


def ranked(entries: Sequence, question: str) -> list:
    """Entries of one spelling: names that stand in the question first, then by what they share with it, then as in the file."""
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
