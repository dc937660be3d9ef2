"""Subjects that the vocabulary cannot spell, found in a question by their original characters.

㛃 and 㛄 are both [UNK] to the model: it can neither write them nor tell them apart. Their strings can: a table of hashes, sorted,
holds every name with an unknown token, and all pieces of a question are looked up in it at once.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from baselines.retrieval.prefix_index.names import folded, split_name
from baselines.storage.ragged_array import RaggedArray

_FACTOR = 0x9E3779B97F4A7C15                                # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_FACTOR, -1, 1 << 64)
MAX_SUBJECT_LENGTH = 64                                                # characters of a subject that is looked for


@dataclasses.dataclass(frozen=True)
class Mention:
    """A subject that appears in a question.

    start, end    its place in the folded question
    token_ids     what is written for it, the end token included
    entities      numbers of the names that have it as their subject
    """

    subject: str
    start: int
    end: int
    token_ids: tuple
    entities: tuple


def hashes(text: str, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """uint64 of each text[start:end]: equal texts have equal ones; others may have, so strings are compared after."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    with np.errstate(over="ignore"):
        scrambled = (codes + np.uint64(1)) * np.uint64(_INVERSE)
        scrambled ^= scrambled >> np.uint64(29)
        sums = np.zeros(len(codes) + 1, np.uint64)
        np.cumsum(scrambled * _powers(_FACTOR, len(codes)), out=sums[1:])
        return (sums[ends] - sums[starts]) * _powers(_INVERSE, len(codes) + 1)[starts]


def _powers(factor, count):
    powers = np.full(count, factor, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


def build_table(subjects: Sequence[str], entities: np.ndarray, tokens: RaggedArray) -> tuple:
    """(hashes, entities, tokens) in the order of the hashes.

    subjects   list of str, one per entity
    entities   int64 (N,)
    tokens     RaggedArray of their token ids
    """
    texts = [folded(subject)[: MAX_SUBJECT_LENGTH + 1] for subject in subjects]     # longer ones are never found
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64) if texts else ends
    matches = hashes("".join(texts), starts, ends)
    order = np.lexsort((entities, matches))
    return matches[order], np.asarray(entities)[order], tokens.take(order)


def find(question: str, table: np.ndarray, entities: np.ndarray, tokens: RaggedArray, name: Callable[[int], str]) -> list[Mention]:
    """Mentions in a question, none within a longer one, by their place.

    table, entities, tokens   as `build_table` made them
    name                      entity -> its name
    """
    text = folded(question)
    starts, lengths = np.divmod(np.arange(len(text) * MAX_SUBJECT_LENGTH), MAX_SUBJECT_LENGTH)
    ends = starts + lengths + 1
    starts, ends = starts[ends <= len(text)], ends[ends <= len(text)]
    span_hashes = hashes(text, starts, ends)
    first, last = table.searchsorted(span_hashes), table.searchsorted(span_hashes, side="right")
    matches = {}
    for span in np.flatnonzero(first < last):
        start, end = int(starts[span]), int(ends[span])
        for row in range(first[span], last[span]):
            subject, _ = split_name(name(int(entities[row])))
            if folded(subject) == text[start:end]:
                token_ids = tuple(int(token) for token in tokens[row])
                matches.setdefault((start, -end, subject, token_ids), []).append(int(entities[row]))
    mentions, reached = [], 0
    for (start, end, subject, token_ids), numbers in sorted(matches.items()):
        if -end > reached or (mentions and (start, -end) == (mentions[-1].start, mentions[-1].end)):
            mentions.append(Mention(subject, start, -end, token_ids, tuple(sorted(numbers))))
            reached = max(reached, -end)
    return mentions
