"""What may follow what was written so far: banned words, a forced beginning, a least length, no n-gram twice.

A constraint has `allowed(prefixes)`: for each list of token ids written so far, None (anything), ids, `Except(ids)` or a bool mask
(V,). It is asked once per step, for all prefixes that it holds for. It may have `rescore(prefixes, log_probabilities)` too: float32
(N, V), after all that is not allowed became -inf, to the same with other weights; the model's cost of that is every token's score
on the host, so it is for those who need it.
"""

import dataclasses
import functools
from collections.abc import Iterable, Sequence

from baselines.errors import InputError


@dataclasses.dataclass(frozen=True)
class Except:
    """Anything but these token ids."""

    ids: Iterable[int]


@dataclasses.dataclass(frozen=True)
class BannedSequences:
    """None of these lists of token ids is written; a word that tokenizes in several ways has to be given in each."""

    sequences: tuple[tuple[int, ...], ...]

    def __post_init__(self):
        if not all(len(sequence) for sequence in self.sequences):
            raise InputError("banned words: a word has no tokens. Remove it.")

    @functools.cached_property
    def _last(self):
        """{all tokens but the last: [last tokens]}."""
        last_tokens = {}
        for *first, last in self.sequences:
            last_tokens.setdefault(tuple(first), []).append(int(last))
        return last_tokens

    @functools.cached_property
    def _lengths(self):
        return sorted({len(first) for first in self._last})

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        return [self._after(prefix) for prefix in prefixes]

    def _after(self, prefix):
        ends = (tuple(prefix[len(prefix) - length :]) for length in self._lengths if length <= len(prefix))
        banned = [last for end in ends for last in self._last.get(end, ())]
        return Except(banned) if banned else None


@dataclasses.dataclass(frozen=True)
class ForcedPrefix:
    """Every text begins with these token ids."""

    token_ids: tuple[int, ...]

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        return [[self.token_ids[len(prefix)]] if len(prefix) < len(self.token_ids) else None for prefix in prefixes]


@dataclasses.dataclass(frozen=True)
class MinimumLength:
    """A text has at least `length` tokens, its end counted: the end that would finish it has probability 0 before.

    ends   how many end tokens a text has; the last one finishes it
    """

    length: int
    end_id: int
    ends: int = 1

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        return [Except([self.end_id]) if self._too_early(prefix) else None for prefix in prefixes]

    def _too_early(self, prefix):
        return len(prefix) + 1 < self.length and (self.ends == 1 or prefix.count(self.end_id) + 1 >= self.ends)


@dataclasses.dataclass(frozen=True)
class NoRepeatedNgram:
    """No `size` tokens in a row occur twice in what is written. Paulus et al., 2018, arXiv:1705.04304."""

    size: int

    def __post_init__(self):
        if self.size < 1:
            raise InputError(f"no_repeat_ngram: {self.size} is out of range. Give at least 1.")

    def allowed(self, prefixes: Sequence[list[int]]) -> list:
        return [self._after(prefix) for prefix in prefixes]

    def _after(self, prefix):
        before = self.size - 1
        last = prefix[len(prefix) - before :]
        again = [prefix[i] for i in range(before, len(prefix)) if prefix[i - before : i] == last]
        return Except(again) if again else None
