"""A model for tests of searches: a table, or any function, says what follows a list of tokens. It implements scores.Rows slowly."""

import numpy as np

from baselines.decoding.decoder_protocol import Prompt, Scores

A, B, END = 0, 1, 2
TOY = {(): (0.5, 0.4, 0.1), (A,): (0.4, 0.3, 0.3), (B,): (0.1, 0.0, 0.9)}
"""First a .5, b .4, end .1; after a: a .4, b .3, end .3; after b: end .9, a .1. What comes later depends on the last token."""


def toy(prompt, written):
    return TOY[tuple(written[-1:])]


def random_table(seed, vocab_size, sharpness=2.0):
    """Another distribution for every prompt and every text."""

    def table(prompt, written):
        generator = np.random.default_rng([seed, *prompt, 99, *written])
        p = np.exp(sharpness * generator.standard_normal(vocab_size))
        return p / p.sum()

    return table


def prompt(*token_ids):
    return Prompt(np.array(token_ids or (1,), np.int32), np.zeros(len(token_ids or (1,)), np.int32))


def prompts(num):
    return [prompt(number + 1) for number in range(num)]


class ToyRows:
    """scores.Rows of `table`: (prompt's tokens, written tokens) -> probabilities (V,), as tuples. `steps` counts rows stepped."""

    def __init__(self, table, num_rows=1, width=1, candidates=None, end_id=END, capacity=1000):
        self.table, self.num_rows, self.width, self.capacity, self.end_id = table, num_rows, width, capacity, end_id
        self.vocab_size = len(table((1,), ()))
        self.candidates = candidates or self.vocab_size
        self.prompts, self.written = [None] * num_rows, [[()] for _ in range(num_rows)]
        self.steps, self.calls = 0, 0

    def prefill(self, rows, prompts, adjust=None):
        for row, given in zip(rows, prompts, strict=True):
            assert 0 <= row < self.num_rows
            self.prompts[row], self.written[row] = tuple(given.token_ids.tolist()), [()]
        return self._scores(rows, adjust)

    def step(self, tokens, parents=None, adjust=None):
        tokens = np.asarray(tokens)
        assert tokens.shape[1] == self.width and tokens.shape[0] <= self.num_rows
        parents = np.broadcast_to(np.arange(self.width), tokens.shape) if parents is None else parents
        self.calls, self.steps = self.calls + 1, self.steps + len(tokens)
        for row, (some, before) in enumerate(zip(tokens, parents, strict=True)):
            self.written[row] = [(*self.written[row][k], int(token)) for token, k in zip(some, before, strict=True)]
        return self._scores(range(len(tokens)), adjust)

    def free(self, rows):
        for row in rows:
            self.prompts[row] = None

    def _scores(self, rows, adjust):
        whole = np.array([[self._log(row, written) for written in self.written[row]] for row in rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = adjusted(whole, adjust).astype(np.float32)
        ids = np.argsort(-whole, axis=-1, kind="stable")[..., : self.candidates].astype(np.int32)
        return Scores(ids, np.take_along_axis(whole, ids, axis=-1), whole[..., self.end_id], lambda: whole)

    def _log(self, row, written):
        if self.prompts[row] is None:
            return np.full(self.vocab_size, np.nan)
        with np.errstate(divide="ignore"):
            try:
                return np.log(np.asarray(self.table(self.prompts[row], written), float))
            except KeyError:                                            # behind an end: nobody may look
                return np.full(self.vocab_size, np.nan)


def adjusted(logits, adjust):
    """Log-probabilities (R, K, V) as scores.LogitsAdjustment defines them."""
    if adjust is not None and adjust.seen is not None:
        penalty = adjust.penalty[:, None, None]
        logits = np.where(adjust.seen, np.where(logits > 0, logits / penalty, logits * penalty), logits)
    if adjust is not None and adjust.temperature is not None:
        logits = logits / adjust.temperature[:, None, None]
    logits = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return logits if adjust is None or adjust.allowed is None else np.where(adjust.allowed, logits, -np.inf)


def leaves(table, given, max_tokens, end_id=END):
    """Every text of at most max_tokens tokens: [(written, log-probability, finished)], by walking the whole tree."""
    found, open_ones = [], [((), 0.0)]
    for _ in range(max_tokens):
        grown = []
        for written, total in open_ones:
            for token, p in enumerate(table(given, written)):
                if p == 0:
                    continue
                if token == end_id:
                    found.append((written, total + np.log(p), True))
                else:
                    grown.append(((*written, token), total + np.log(p)))
        open_ones = grown
    return found + [(written, total, False) for written, total in open_ones]


def greedy(table, given, max_tokens, end_id=END):
    """The likeliest token at each step: (written, finished)."""
    written = ()
    while len(written) < max_tokens:
        token = int(np.argmax(table(given, written)))
        if token == end_id:
            return written, True
        written = (*written, token)
    return written, False
