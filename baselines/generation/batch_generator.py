"""A language model generates: prompts to hypotheses, by beam search or by sampling. Compiled rows are kept for the next prompts."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from baselines.decoding.beam import beam_search
from baselines.decoding.cache_slots import buckets, round_up
from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.decoding.hypothesis import Hypothesis
from baselines.decoding.scheduler import Finished, Request, Scheduler
from baselines.errors import InputError
from baselines.generation.cached_decoder import CachedDecoder

BATCH_SIZE = 16
"""Prompts for which texts are generated at once."""
MAX_CONTEXT = 8192
"""Tokens of prompt and text together, for families without a limit of their own."""


class BatchGenerator:
    """Continues prompts with a model that has an output of logits (B, L, V).

    Args:
        model: The model.
        end_id: Token that ends a text.
        context: Tokens of prompt and text together, at most.
        output: Name of the logits.
        self_terminating: See CachedDecoder.
        unwritable: Token ids that are no text, such as padding's. Constraints that are given to `generate` may allow them.
        start_ids: See CachedDecoder.
    """

    def __init__(
        self, model: keras.Model, end_id: int, context: int = MAX_CONTEXT, output: str = "logits",
        self_terminating: float | None = None, unwritable: Sequence[int] = (), start_ids: Sequence[int] = (),
    ):  # fmt: skip
        self.model, self.end_id, self.context, self.output = model, end_id, context, output
        self.self_terminating, self.unwritable, self.start_ids = self_terminating, unwritable, start_ids
        self._decoders = {}

    def generate(
        self, prompts: Sequence[Prompt], config: GenerationConfig, constraints: tuple | list[tuple] = ()
    ) -> list[list[Hypothesis]]:
        """Generates texts.

        Args:
            prompts: The prompts.
            config: How texts are generated.
            constraints: See decoding/constraints.py, besides those of `config`: a tuple for all prompts, or a list of one for each.

        Returns:
            Hypotheses for each prompt, best first: `config.num` of them, or fewer where a beam finds no more.

        Raises:
            InputError: A prompt leaves no room for the longest text.
        """
        if not prompts:
            return []
        longest = max(len(prompt.token_ids) for prompt in prompts)
        if longest + config.max_tokens > self.context:
            raise InputError(
                f"A prompt of {longest} tokens and max_tokens {config.max_tokens} exceed the model's {self.context} tokens. "
                "Shorten one of them."
            )
        free = bool(constraints)
        order = sorted(range(len(prompts)), key=lambda number: -len(prompts[number].token_ids))     # alike lengths together
        given = constraints if isinstance(constraints, list) else [constraints] * len(prompts)
        given = [(*given[number], *config.constraints()) for number in order]
        ordered = [prompts[number] for number in order]
        if config.beam:
            hypotheses = self._search(ordered, config, given, longest, free)
        else:
            each = seeds(config, len(prompts))
            hypotheses = self._sample(ordered, [each[number] for number in order], config, given, longest, free)
        return [hypotheses[position] for position in np.argsort(order)]

    def decoder(self, num_rows: int, width: int, capacity: int, max_new_tokens: int | None, free: bool = False) -> CachedDecoder:
        """A new CachedDecoder of these sizes. free: any token may be generated."""
        return CachedDecoder(
            self.model, self.end_id, num_rows, width, capacity, max_new_tokens, candidates=max(64, 2 * width), output=self.output,
            self_terminating=self.self_terminating, unwritable=() if free else self.unwritable, start_ids=self.start_ids,
        )  # fmt: skip

    def _kept_decoder(self, num_rows, width, capacity, max_new_tokens, free):
        """A CachedDecoder of these sizes or somewhat larger ones, empty; the same again where it was asked for before."""
        num_rows = round_up(num_rows, buckets(max(num_rows, BATCH_SIZE), 1, 4))
        capacity = min(round_up(capacity, buckets(self.context, 64)), self.context)
        key = num_rows, width, capacity, max_new_tokens, free
        if key not in self._decoders:
            self._decoders[key] = self.decoder(*key)
        self._decoders[key].free(np.arange(num_rows))                   # texts that were interrupted are still in them
        return self._decoders[key]

    def _search(self, prompts, config, constraints, longest, free):
        capacity = longest + config.max_tokens
        decoder = self._kept_decoder(min(len(prompts), BATCH_SIZE), config.beam, capacity, config.max_tokens, free)
        return beam_search(
            decoder, prompts, constraints, beam=config.beam, max_tokens=config.max_tokens, min_tokens=config.min_tokens,
            num=config.num, length_penalty=config.length_penalty, penalty=config.repetition_penalty, ends=config.ends,
        )  # fmt: skip

    def _sample(self, prompts, seeds, config, constraints, longest, free):
        count = len(prompts) * config.num
        scheduler = Scheduler(
            self._kept_decoder(min(count, BATCH_SIZE), 1, longest + config.max_tokens, None, free), max_queue=count
        )
        groups = [[SampledText() for _ in each] for each in seeds]
        for prompt, group, each, own in zip(prompts, groups, seeds, constraints, strict=True):
            for text, seed in zip(group, each, strict=True):
                scheduler.submit(
                    Request(prompt, config.sampling(), config.max_tokens, config.min_tokens, seed, own, text.receive)
                )
        scheduler.drain()
        return [sorted((text.hypothesis() for text in group), key=lambda one: -one.score) for group in groups]


def seeds(config: GenerationConfig, num_prompts: int) -> list[list[np.random.SeedSequence]]:
    """Seeds of the texts that are sampled for each prompt: they depend on the prompt's position, not on what the others are."""
    return [prompt.spawn(config.num) for prompt in np.random.SeedSequence(config.seed).spawn(num_prompts)]


class SampledText:
    """Collects the tokens of one request."""

    def __init__(self):
        self.token_ids, self.log_probability, self.finished = [], 0.0, False

    def receive(self, event: Any) -> None:
        """Takes a Token or Finished."""
        if isinstance(event, Finished):
            self.finished = event.reason == "stop"
        else:
            self.token_ids.append(event.id)
            self.log_probability += event.log_probability

    def hypothesis(self) -> Hypothesis:
        """The text, ranked by its log-probability; that of the end is not in it."""
        return Hypothesis(tuple(self.token_ids), self.log_probability, self.log_probability, self.finished)
