"""A language model writes: prompts to hypotheses, by beam search or by drawing. Compiled rows are kept for the next prompts."""

import numpy as np

from baselines.decoding.beam import beam_search
from baselines.decoding.cache_slots import buckets, round_up
from baselines.decoding.hypothesis import Hypothesis
from baselines.decoding.scheduler import Finished, Request, Scheduler
from baselines.errors import InputError
from baselines.generation.cached_decoder import CachedDecoder

ROWS = 16
"""Prompts that are written for at once."""
LONGEST = 8192
"""Most tokens of prompt and text, for families without a limit of their own."""


class BatchGenerator:
    """Continues prompts with a model that has an output of logits (B, L, V).

    end_id    token that ends a text
    context   most tokens of prompt and text together
    output    name of the logits
    unwritable   token ids that are no text, such as padding's; constraints that are given to `write` are taken at their word
    self_terminating   see CachedDecoder
    """

    def __init__(self, model, end_id, context=LONGEST, output="logits", self_terminating=None, unwritable=()):
        self.model, self.end_id, self.context, self.output = model, end_id, context, output
        self.self_terminating, self.unwritable = self_terminating, unwritable
        self._rows = {}

    def write(self, prompts, writing, constraints=()):
        """For each Prompt a list of Hypothesis, best first: `writing.num` of them, or fewer where a beam finds no more.

        constraints   see decoding/constraints.py, besides those of `writing`: a tuple for all prompts, or a list of one for each

        Raises InputError for a prompt that leaves no room for the longest text.
        """
        if not prompts:
            return []
        longest = max(len(prompt.token_ids) for prompt in prompts)
        if longest + writing.max_tokens > self.context:
            raise InputError(
                f"expected prompt and text within the model's {self.context} tokens. Received: a prompt of {longest} tokens and "
                f"max_tokens {writing.max_tokens}. Shorten one of them."
            )
        free = bool(constraints)
        order = sorted(range(len(prompts)), key=lambda number: -len(prompts[number].token_ids))     # alike lengths together
        given = constraints if isinstance(constraints, list) else [constraints] * len(prompts)
        given = [(*given[number], *writing.constraints()) for number in order]
        some = [prompts[number] for number in order]
        if writing.beam:
            found = self._search(some, writing, given, longest, free)
        else:
            each = seeds(writing, len(prompts))
            found = self._draw(some, [each[number] for number in order], writing, given, longest, free)
        return [found[place] for place in np.argsort(order)]

    def rows(self, num_rows, width, capacity, most_written, free=False):
        """New CachedDecoder of these sizes. free: any token may be written."""
        return CachedDecoder(
            self.model, self.end_id, num_rows, width, capacity, most_written, candidates=max(64, 2 * width), output=self.output,
            self_terminating=self.self_terminating, unwritable=() if free else self.unwritable,
        )  # fmt: skip

    def _kept_rows(self, num_rows, width, capacity, most_written, free):
        """CachedRows of these sizes or somewhat larger ones, empty; the same again where they were asked for before."""
        num_rows = round_up(num_rows, buckets(max(num_rows, ROWS), 1, 4))
        capacity = min(round_up(capacity, buckets(self.context, 64)), self.context)
        key = num_rows, width, capacity, most_written, free
        if key not in self._rows:
            self._rows[key] = self.rows(*key)
        self._rows[key].release(np.arange(num_rows))                    # texts that were interrupted are still in them
        return self._rows[key]

    def _search(self, prompts, writing, constraints, longest, free):
        longest += writing.max_tokens
        rows = self._kept_rows(min(len(prompts), ROWS), writing.beam, longest, writing.max_tokens, free)
        return beam_search(
            rows, prompts, constraints, beam=writing.beam, max_tokens=writing.max_tokens, min_tokens=writing.min_tokens,
            num=writing.num, length_penalty=writing.length_penalty, penalty=writing.repetition_penalty, ends=writing.ends,
        )  # fmt: skip

    def _draw(self, prompts, seeds, writing, constraints, longest, free):
        count, longest = len(prompts) * writing.num, longest + writing.max_tokens
        rows = self._kept_rows(min(count, ROWS), 1, longest, None, free)
        scheduler = Scheduler(rows, max_queue=count)
        groups = [[DrawnText() for _ in each] for each in seeds]
        for prompt, group, each, some in zip(prompts, groups, seeds, constraints, strict=True):
            for text, seed in zip(group, each, strict=True):
                scheduler.submit(
                    Request(prompt, writing.sampling(), writing.max_tokens, writing.min_tokens, seed, some, text.receive)
                )
        scheduler.drain()
        return [sorted((text.hypothesis() for text in group), key=lambda one: -one.score) for group in groups]


def seeds(writing, num_prompts):
    """Those of the texts that are drawn for each prompt: what a prompt gets depends on its place, not on what the others are."""
    return [prompt.spawn(writing.num) for prompt in np.random.SeedSequence(writing.seed).spawn(num_prompts)]


class DrawnText:
    """Collects the tokens of one request."""

    def __init__(self):
        self.token_ids, self.log_probability, self.finished = [], 0.0, False

    def receive(self, event):
        if isinstance(event, Finished):
            self.finished = event.reason == "stop"
        else:
            self.token_ids.append(event.id)
            self.log_probability += event.log_probability

    def hypothesis(self):
        """Ranked by its log-probability; that of the end is not in it."""
        return Hypothesis(tuple(self.token_ids), self.log_probability, self.log_probability, self.finished)
