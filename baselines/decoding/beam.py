"""Beam search: the most probable texts, of many prompts at once. Graves, 2012, arXiv:1211.3711; when to end: arXiv:1809.00069.

Each step ranks all one-token continuations of a prompt's prefixes by their sum of log-probabilities. Those among the `beam` best
that end are finished: they leave for a pool, where score = sum / length ** length_penalty decides, the end token counted. The
`beam` best that do not end are continued. Search ends when nothing unfinished can still beat what is to be returned; at the longest
length the unfinished compete as they are, and are marked so.

Toy: first a .5, b .4, end .1; after a: a .4, b .3, end .3; after b: end .9, a .1. A beam of 1 starts with a; 2 finds "b", of .36.
"""

import collections
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.decoding.constraints import MinimumLength
from baselines.decoding.decoder_protocol import Decoder, Prompt
from baselines.decoding.hypothesis import Hypothesis, HypothesisPool, length_penalized, reachable
from baselines.decoding.logits_processing import logits_adjustment, rescore
from baselines.decoding.top_tokens import check_numbers, from_whole
from baselines.errors import InputError


@dataclasses.dataclass(frozen=True)
class BeamSearch:
    """Settings of beam search. Lengths include the end token."""

    beam: int = 3
    """Number of beams; 1 is greedy."""

    max_tokens: int = 32
    """Longest text."""

    min_tokens: int = 0
    """Shortest text: the end has probability 0 before."""

    num: int = 1
    """Texts to return for a prompt, at most `beam`."""

    length_penalty: float = 0.0
    """0 ranks by the sum of log-probabilities, which favors short texts; 1 by their mean; more prefers longer ones."""

    penalty: float = 1.0
    """Repetition penalty: positive logits of earlier tokens are divided by this, negative ones multiplied; 1: none."""

    ends: int = 1
    """End tokens of a text: the last one finishes it, those before it part it."""

    stop_early: bool = False
    """Search ends with the `beam`-th finished text, even if others may still be better."""

    def __post_init__(self):
        for name, good, expected in (
            ("beam", self.beam >= 1, "at least 1"),
            ("max_tokens", self.max_tokens >= 1, "at least 1"),
            ("min_tokens", 0 <= self.min_tokens <= self.max_tokens, f"0 to max_tokens, {self.max_tokens}"),
            ("num", 1 <= self.num <= self.beam, f"1 to beam, {self.beam}"),
            ("length_penalty", -10 <= self.length_penalty <= 10, "-10 to 10"),
            ("penalty", 0 < self.penalty < np.inf, "a number above 0, where 1 changes nothing"),
            ("ends", self.ends >= 1, "at least 1"),
        ):
            if not good:
                raise InputError(f"{name}: {getattr(self, name)} is out of range. Give {expected}.")


def beam_search(
    rows: Decoder, prompts: Sequence[Prompt], constraints: tuple | list[tuple] = (), **settings: Any
) -> list[list[Hypothesis]]:
    """Searches the best continuations of prompts.

    Args:
        rows: A Decoder with a width of at least `beam`; prompts wait until a row is free.
        prompts: The prompts.
        constraints: A tuple for all prompts, or a list of one tuple for each.
        **settings: Fields of BeamSearch.

    Returns:
        For each prompt at most `num` Hypothesis, best first, and at least one.

    Raises:
        InputError: A prompt leaves no room for the longest text, or a setting is out of range.
    """
    search = BeamSearch(**settings)
    if search.beam > rows.width:
        raise ValueError(f"beam_search: expected rows of a width of at least beam={search.beam}. Received: width={rows.width}")
    for prompt in prompts:
        if len(prompt.token_ids) + search.max_tokens > rows.capacity:
            raise InputError(
                f"A prompt of {len(prompt.token_ids)} tokens and max_tokens {search.max_tokens} exceed {rows.capacity} tokens. "
                "Shorten one of them."
            )
    each = constraints if isinstance(constraints, list) else [tuple(constraints)] * len(prompts)
    if search.min_tokens > 1:
        least = MinimumLength(search.min_tokens, rows.end_id, search.ends)
        each = [(*group, least) for group in each]
    beams = Beams(rows, search)
    waiting = collections.deque(enumerate(prompts))
    pools = [HypothesisPool() for _ in prompts]
    while waiting or beams.active.any():
        free = np.flatnonzero(~beams.active)[: len(waiting)]
        if len(free):
            numbers, group = zip(*(waiting.popleft() for _ in free), strict=True)
            beams.prefill(free, group, [pools[number] for number in numbers], [each[number] for number in numbers])
        beams.step()
    return [pool.best(search.num) for pool in pools]


class Beams:
    """The prefixes in every row of a model, best first; those that are not there have a total of -inf.

    active   bool (N,), the row holds a prompt
    totals   float64 (N, K), sums of log-probabilities
    written  int32 (N, K, T), filled up with the end token; `lengths` (N,) of it are written
    parents  int (N, K), the prefix, a step before, that each one continues
    """

    def __init__(self, rows: Decoder, search: BeamSearch):
        shape = rows.num_rows, rows.width
        self.rows, self.search = rows, search
        self.active, self.lengths = np.zeros(shape[0], bool), np.zeros(shape[0], np.int64)
        self.totals, self.parents = np.full(shape, -np.inf), np.zeros(shape, np.int64)
        self.written = np.full((*shape, search.max_tokens), rows.end_id, np.int32)
        self.ends = np.zeros(shape, np.int64)
        self.pools, self.constraints = [None] * shape[0], [()] * shape[0]

    def prefill(
        self, numbers: np.ndarray, prompts: Sequence[Prompt], pools: Sequence[HypothesisPool], constraints: Sequence[tuple]
    ) -> None:
        """Starts new prompts in free rows.

        Args:
            numbers: int (N,), numbers of free rows.
            prompts: N prompts.
            pools: Pool of finished texts of each prompt.
            constraints: Constraints of each prompt.
        """
        self.active[numbers], self.lengths[numbers] = True, 0
        self.totals[numbers], self.totals[numbers, 0] = -np.inf, 0.0
        self.written[numbers], self.ends[numbers] = self.rows.end_id, 0
        for number, pool, group in zip(numbers, pools, constraints, strict=True):
            self.pools[number], self.constraints[number] = pool, group
        prefixes = [[[]] for _ in numbers]
        scores = self.rows.prefill(numbers.tolist(), prompts, self._adjust(prefixes, constraints))
        self._advance(numbers, *self._candidates(scores, prefixes, constraints, numbers, slice(None)))

    def step(self) -> None:
        """Extends each active row by one token."""
        numbers = np.flatnonzero(self.active)
        if not len(numbers):
            return
        used = slice(numbers[-1] + 1)
        prefixes = self._prefixes(used)
        tokens = self.written[np.arange(used.stop), :, np.maximum(self.lengths[used] - 1, 0)]
        scores = self.rows.step(tokens, self.parents[used], self._adjust(prefixes, self.constraints[used]))
        self._advance(numbers, *self._candidates(scores, prefixes, self.constraints[used], numbers, numbers))

    def _prefixes(self, used):
        """Lists of what is written, or None where nobody looks at it."""
        if self.search.penalty == 1 and not any(self.constraints[used]):
            return None
        return [
            [self.written[row, k, : self.lengths[row]].tolist() if there else None for k, there in enumerate(self._there(row))]
            for row in range(used.stop)
        ]

    def _there(self, row):
        return (self.totals[row] > -np.inf) & self.active[row]

    def _adjust(self, prefixes, constraints):
        if prefixes is None:
            return None
        ones = np.ones(len(prefixes), np.float32)
        return logits_adjustment(prefixes, constraints, ones * self.search.penalty, ones, self.rows.vocab_size, self.rows.end_id)

    def _candidates(self, scores, prefixes, constraints, numbers, where):
        """ids and values (n, K, M) of enough tokens for the rows `numbers`, which are at `where` in the scores."""
        enough = min(self.search.beam + 1, self.rows.vocab_size)        # of one prefix: all that go on, and the end
        if prefixes is not None:
            scores = rescore(scores, prefixes, constraints, self.rows.end_id)
        if scores.ids.shape[-1] < enough:
            scores = from_whole(scores.whole(), self.rows.end_id, enough)
        ids, values = scores.ids[where, :, :enough], scores.values[where, :, :enough]
        check_numbers(values[self.totals[numbers, : values.shape[1]] > -np.inf])
        return ids, values

    def _advance(self, numbers, ids, values):
        """Choose among the continuations of each row's prefixes; what is finished goes to the pools, rows that are done free."""
        (_, width, count), beam, rows = values.shape, self.search.beam, np.arange(len(numbers))[:, None]
        totals = (self.totals[numbers, :width, None] + values).reshape(len(numbers), -1)
        order = np.argsort(-totals, axis=1, kind="stable")[:, : 2 * beam]       # enough: each prefix ends in one way only
        totals, tokens, parents = totals[rows, order], ids.reshape(len(numbers), -1)[rows, order], order // count
        possible, ends = totals > -np.inf, self.ends[numbers][rows, parents] + (tokens == self.rows.end_id)
        finished = possible & (ends >= self.search.ends)
        for row, rank in np.argwhere(finished[:, :beam]):
            self._finish(numbers[row], parents[row, rank], totals[row, rank])
        for row in np.flatnonzero(~possible[:, 0]):                     # nothing is allowed to follow any prefix
            if not self.pools[numbers[row]]:
                self._give_up(numbers[row])

        order = np.argsort(finished | ~possible, axis=1, kind="stable")[:, : self.totals.shape[1]]
        goes_on = (possible & ~finished)[rows, order]
        goes_on[:, beam:] = False
        size = order.shape[1]
        parents = np.where(goes_on, parents[rows, order], 0)
        self.written[numbers, :size] = self.written[numbers[:, None], parents]
        self.written[numbers, :size, self.lengths[numbers]] = tokens[rows, order]
        self.totals[numbers], self.totals[numbers, :size] = -np.inf, np.where(goes_on, totals[rows, order], -np.inf)
        self.parents[numbers], self.parents[numbers, :size] = 0, parents
        self.ends[numbers, :size] = ends[rows, order]
        self.lengths[numbers] += 1
        done = [int(number) for number in numbers if self._is_done(number)]
        if done:
            self.active[done] = False
            self.rows.free(done)
            for number in done:
                self.constraints[number] = ()

    def _finish(self, number, parent, total):
        written = self.written[number, parent, : self.lengths[number]]
        self._add(number, written, total, finished=True)

    def _give_up(self, number):
        """What is there is all that there will be."""
        for k in np.flatnonzero(self._there(number)):
            self._add(number, self.written[number, k, : self.lengths[number]], self.totals[number, k], finished=False)

    def _add(self, number, written, total, finished):
        length = max(len(written) + finished, 1)                        # 1: nothing may be written at all
        score = length_penalized(float(total), length, self.search.length_penalty)
        self.pools[number].add(Hypothesis(tuple(written.tolist()), float(total), score, finished))

    def _is_done(self, number):
        search, pool, best = self.search, self.pools[number], self.totals[number, 0]
        if best == -np.inf:
            return True
        if self.lengths[number] == search.max_tokens:
            self._give_up(number)
            return True
        if search.stop_early or search.beam == 1:                       # 1: greedy stops where it ends
            return len(pool) >= search.beam
        shortest = max(self.lengths[number] + 1, search.min_tokens)
        return reachable(best, shortest, search.max_tokens, search.length_penalty) <= pool.to_beat(search.num)
